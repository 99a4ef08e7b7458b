"""What all forms of the Account Center share."""

from typing import Any

from django import forms


class PlainForm(forms.Form):
    """A form whose labels are words alone: no colon behind them."""

    def __init__(self, *args: Any, **named: Any) -> None:
        super().__init__(*args, **{"label_suffix": "", **named})
