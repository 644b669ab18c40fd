"""One office's life as a whole: written to an archive, brought back from one, removed, and looked for afterwards."""

from ptsp.infra.tenant_life.format import Manifest, Progress
from ptsp.infra.tenant_life.read import Archive, BadArchive, open_archive
from ptsp.infra.tenant_life.register import Act, Done, acts, write_down
from ptsp.infra.tenant_life.remove import Outside, clear_outside, queues_of, remove_rows, sweep
from ptsp.infra.tenant_life.restore import Change, Restored, plan_restore, restore_archive
from ptsp.infra.tenant_life.scan import Looked, Places, Trace, scan
from ptsp.infra.tenant_life.tables import Office, offices, tables
from ptsp.infra.tenant_life.write import Source, Written, write_archive

__all__ = [
    "Act",
    "Archive",
    "BadArchive",
    "Change",
    "Done",
    "Looked",
    "Manifest",
    "Office",
    "Outside",
    "Places",
    "Progress",
    "Restored",
    "Source",
    "Trace",
    "Written",
    "acts",
    "clear_outside",
    "offices",
    "open_archive",
    "plan_restore",
    "queues_of",
    "remove_rows",
    "restore_archive",
    "scan",
    "sweep",
    "tables",
    "write_archive",
    "write_down",
]
