"""Bills as an applicant reads them: what is to be paid in one go, how, and what came in for it."""

from dataclasses import dataclass

import segno
from markupsafe import Markup

from ptsp.flows.money_views import BillView, PaymentView
from ptsp.flows.views import BundleView, NoticeView

GROUP = 4  # digits that are read aloud together


@dataclass(frozen=True, slots=True)
class Bill:
    """What is paid at the bank in one go: `total` is what stands on it, paid or not; `groups` the number to type."""

    view: BillView
    notices: tuple[NoticeView, ...]
    payments: tuple[PaymentView, ...]
    total: int
    groups: tuple[str, ...]
    picture: Markup


def bills(bundle: BundleView) -> list[Bill]:
    """The bills of a bundle, each with its notices and its payments."""
    return [_bill(bundle, view) for view in bundle.bills]


def _bill(bundle: BundleView, view: BillView) -> Bill:
    notices = tuple(notice for notice in bundle.notices if notice.bill == view.number)
    number = view.virtual_account or view.customer_no
    return Bill(
        view=view,
        notices=notices,
        payments=tuple(payment for payment in bundle.payments if payment.bill == view.number),
        total=sum(notice.total for notice in notices if notice.state in ("open", "settled")),
        groups=tuple(number[at : at + GROUP] for at in range(0, len(number), GROUP)),
        picture=drawn(view.qr) if view.qr else Markup(),
    )


def drawn(text: str) -> Markup:
    """A QR code as inline SVG, with the quiet zone that scanners need. Only digits and numbers of ours go in."""
    code = segno.make(text, error="m", micro=False)
    return Markup(
        code.svg_inline(border=4, light="#fff", dark="#000", omitsize=True, svgclass=None, lineclass=None)
    )
