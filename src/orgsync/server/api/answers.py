"""Answers as JSON that nobody on the way may keep."""

from typing import Any, Final

from django.http import JsonResponse

NO_STORE: Final = {"Cache-Control": "no-store"}


def answer(facts: dict[str, Any], *, status: int = 200) -> JsonResponse:
    return JsonResponse(facts, status=status, headers=NO_STORE)
