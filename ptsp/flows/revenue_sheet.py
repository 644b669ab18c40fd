"""The revenue report as a workbook, in Indonesian: its days, and its accounts."""

from collections.abc import Sequence
from datetime import datetime

from ptsp.flows._dates import long_date
from ptsp.flows.revenue_report import RevenueLine, RevenueReport
from ptsp.infra.sheets import Cell, Sheet, workbook

TITLE = "Laporan penerimaan retribusi"
AMOUNTS = ("Tunai", "Virtual account", "QRIS", "Jumlah")
PLACE = ("Rekening pendapatan", "Instansi")


def revenue_xlsx(report: RevenueReport, made_at: datetime) -> bytes:
    """Three pages: by day, by account, and what was given back. `made_at` is written into the file."""
    first, last = (long_date(day, "id") for day in (report.first, report.last))
    period = first if first == last else f"{first} sampai {last}"
    above = (TITLE, report.name["id"], period)
    totals = (report.channel("cash"), report.channel("va"), report.channel("qris"), report.total)
    sheets = [
        Sheet(
            "Harian",
            above,
            ("Tanggal", *PLACE, *AMOUNTS),
            [[line.day, *_cells(line)] for line in report.days],
            ("Jumlah", None, None, *totals),
        ),
        Sheet(
            "Per rekening",
            above,
            (*PLACE, *AMOUNTS),
            [_cells(line) for line in report.accounts],
            ("Jumlah", None, *totals),
        ),
        Sheet(
            "Pengembalian",
            above,
            ("Tanggal", "Timbul kewajiban", "Dibayarkan"),
            [[one.day, one.owed, one.paid] for one in report.refunds],
            ("Jumlah", sum(one.owed for one in report.refunds), sum(one.paid for one in report.refunds)),
        ),
    ]
    return workbook(sheets, title=f"{TITLE} {report.name['id']} {period}", made_at=made_at)


def _cells(line: RevenueLine) -> Sequence[Cell]:
    return [line.account, line.agency_name["id"], line.cash, line.va, line.qris, line.total]
