"""The cube in SDMX: structure and data in SDMX-ML 2.1, the data in SDMX-CSV 2.0 and 1.0 too.

Layout of the folder:

    structure.xml                       code lists, concepts, data structures, dataflows
    <dataflow>.xml                      generic data: it is valid by the schemas of SDMX alone
    <dataflow>.csv  <dataflow>.v1.csv   SDMX-CSV 2.0 and 1.0
"""

from __future__ import annotations

import csv
import datetime
from pathlib import Path

import jinja2

from standards.cube import ATTRIBUTES, VALUE, Cube, Dataflow

AGENCY = "SENTENCING_WAREHOUSE"
SCHEMAS = "http://www.sdmx.org/resources/sdmxml/schemas/v2_1"
OF_SDMX = {"CL_FREQ": "2.1", "CL_OBS_STATUS": "2.2"}  # the versions that the codes are a part of


def write_sdmx(cube: Cube, folder: Path, prepared: datetime.date) -> None:
    """Write the structure and the data of all dataflows to a new folder."""
    folder.mkdir()
    templates = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).with_name("templates")),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    shared = {"cube": cube, "attributes": ATTRIBUTES, "value": VALUE, "agency": AGENCY}
    shared |= {"schemas": SCHEMAS, "of_sdmx": OF_SDMX, "prepared": prepared}
    written = templates.get_template("structure.xml").stream(**shared)
    written.dump(str(folder / "structure.xml"), encoding="utf-8")
    for flow in cube.dataflows:
        name, reference = flow.id.lower(), f"{AGENCY}:{flow.id}({cube.version})"
        written = templates.get_template("data.xml").stream(**shared, flow=flow)
        written.dump(str(folder / f"{name}.xml"), encoding="utf-8")
        leading = {"STRUCTURE": "dataflow", "STRUCTURE_ID": reference, "ACTION": "I"}
        _write_csv(folder / f"{name}.csv", flow, leading)
        _write_csv(folder / f"{name}.v1.csv", flow, {"DATAFLOW": reference})


def _write_csv(path: Path, flow: Dataflow, leading: dict[str, str]) -> None:
    names = [part.id for part in flow.components]
    with path.open("w", encoding="utf-8", newline="") as target:
        writer = csv.writer(target, lineterminator="\n")
        writer.writerow([*leading, *names])
        writer.writerows([*leading.values(), *(row[name] for name in names)] for row in flow.rows)
