"""Settings › Branding: the logo and the colour, set and served."""

from typing import Any, Final

from django.contrib import messages
from django.core.files.uploadhandler import MemoryFileUploadHandler
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_http_methods, require_safe

from orgsync.server.orgs.access import Permission
from orgsync.server.orgs.models import Logo, Organization
from orgsync.server.orgs.pictures import LARGEST, UnusablePicture, set_accent, set_logo
from orgsync.server.web.branding import palette_of, stylesheet
from orgsync.server.web.forms.settings import AccentForm, LogoForm
from orgsync.server.web.screens import AdminRequest, screen
from orgsync.server.web.settingspages import show

_PICTURE_POLICY: Final = (
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'; sandbox"
)
FOREVER = cache_control(private=True, max_age=31_536_000, immutable=True)
"""Their addresses change with what they hold."""


# As with uploads: who asks comes before the body, which the check against forged forms reads.
@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
@screen(Permission.MANAGE_SETTINGS)
def index(request: AdminRequest) -> HttpResponse:
    """Show logo and colour; a POST changes one of them."""
    request.upload_handlers = [MemoryFileUploadHandler(request)]
    return _answer(request)


@csrf_protect
def _answer(request: AdminRequest) -> HttpResponse:
    accent, logo = AccentForm(None, initial={"accent": request.organization.accent}), LogoForm(None)
    if request.method == "POST":
        do = request.POST.get("do")
        if do == "logo":
            logo = LogoForm(request.POST, request.FILES)
        elif do == "accent":
            accent = AccentForm(request.POST)
        if _change(request, do, accent, logo):
            return redirect("web:settings-branding")
    chosen = request.organization.accent
    values = {"accent": accent, "logo": logo, "palette": palette_of(chosen) if chosen else None}
    return show(request, "branding", values, "branding")


@require_safe
@screen()
@FOREVER
def css(request: AdminRequest) -> HttpResponse:
    """Return the organization's stylesheet."""
    return stylesheet_answer(request.organization)


@require_safe
@screen()
@FOREVER
def logo(request: AdminRequest, version: str) -> HttpResponse:
    """Return the organization's logo."""
    return logo_answer(request.organization, version)


def stylesheet_answer(organization: Organization) -> HttpResponse:
    """Answer with an organization's stylesheet; an empty one where it has no colour of its own."""
    accent = organization.accent
    return HttpResponse(stylesheet(accent) if accent else "", content_type="text/css; charset=utf-8")


def logo_answer(organization: Organization, version: str) -> HttpResponse:
    """Answer with an organization's logo; another version than the one it has is not found."""
    found = Logo.objects.filter(organization_id=organization.pk).first()
    if found is None or version != organization.logo_version:
        raise Http404
    answer = HttpResponse(bytes(found.content), content_type=found.content_type)
    # Opened by itself, an SVG is a document: this one may do nothing.
    answer["Content-Security-Policy"] = _PICTURE_POLICY
    return answer


def _change(request: AdminRequest, do: Any, accent: AccentForm, logo: LogoForm) -> bool:
    if do == "no-logo":
        set_logo(request.organization, None)
    elif accent.is_bound and accent.is_valid():
        set_accent(request.organization, accent.cleaned_data["accent"].lower())
    elif logo.is_bound and logo.is_valid():
        try:
            set_logo(request.organization, logo.cleaned_data["logo"].read(LARGEST + 1))
        except UnusablePicture as refused:
            logo.add_error("logo", str(refused))
            return False
    else:
        return False
    messages.success(request, _("Saved."), extra_tags="good")
    return True
