"""The cube in SDMX: the structure in SDMX-ML 2.1, the data in SDMX-ML 2.1 and SDMX-CSV 1.0 and 2.0.

Layout of the folder:

    structure.xml                         code lists, concepts, data structures, dataflows
    <dataflow>.xml                        structure-specific data
    <dataflow>.generic.xml                the same as generic data, which needs no schema of its own
    <dataflow>.csv  <dataflow>.v1.csv     SDMX-CSV 2.0 and 1.0
"""

from __future__ import annotations

import csv
import datetime
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TextIO
from xml.etree import ElementTree
from xml.etree.ElementTree import Element, SubElement
from xml.sax.saxutils import quoteattr

from standards.cube import TIME, VALUE, Component, Cube, Dataflow

AGENCY = "SENTENCING_WAREHOUSE"
AGENCY_NAME = "Sentencing Warehouse"
OF_SDMX = {"CL_FREQ": "2.1", "CL_OBS_STATUS": "2.2"}  # the versions that the codes are a part of
CONCEPTS = "CS_COMPONENTS"
SCHEMAS = "http://www.sdmx.org/resources/sdmxml/schemas/v2_1"
NAMESPACES = {
    "message": f"{SCHEMAS}/message",
    "structure": f"{SCHEMAS}/structure",
    "common": f"{SCHEMAS}/common",
    "generic": f"{SCHEMAS}/data/generic",
    "specific": f"{SCHEMAS}/data/structurespecific",
    "xsi": "http://www.w3.org/2001/XMLSchema-instance",
}
FLAT = "AllDimensions"


def write_sdmx(cube: Cube, folder: Path, prepared: datetime.date) -> None:
    """Write the structure and the data of all dataflows to a new folder."""
    folder.mkdir()
    tree = structure(cube, prepared)
    ElementTree.indent(tree)
    text = ElementTree.tostring(tree, encoding="unicode")
    _write(folder / "structure.xml", ['<?xml version="1.0" encoding="UTF-8"?>', text])
    for flow in cube.dataflows:
        name = flow.id.lower()
        _write(folder / f"{name}.xml", _specific(flow, cube.version, prepared))
        _write(folder / f"{name}.generic.xml", _generic(flow, cube.version, prepared))
        reference = f"{AGENCY}:{flow.id}({cube.version})"
        versions = {
            f"{name}.csv": {"STRUCTURE": "dataflow", "STRUCTURE_ID": reference, "ACTION": "I"},
            f"{name}.v1.csv": {"DATAFLOW": reference},
        }
        for file, leading in versions.items():
            with (folder / file).open("w", encoding="utf-8", newline="") as target:
                _write_csv(target, flow, leading)


def _write(path: Path, lines: Sequence[str] | Iterator[str]) -> None:
    with path.open("w", encoding="utf-8", newline="\n") as target:
        target.writelines(f"{line}\n" for line in lines)


def _write_csv(target: TextIO, flow: Dataflow, leading: dict[str, str]) -> None:
    names = [part.id for part in flow.components]
    writer = csv.writer(target, lineterminator="\n")
    writer.writerow([*leading, *names])
    writer.writerows([*leading.values(), *(row[name] for name in names)] for row in flow.rows)


# The data: written line by line, however many rows there are


def _specific(flow: Dataflow, version: str, prepared: datetime.date) -> Iterator[str]:
    urn = "urn:sdmx:org.sdmx.infomodel.datastructure.Dataflow="
    namespace = f"{urn}{AGENCY}:{flow.id}({version}):ObsLevelDim:{FLAT}"
    yield from _opening("StructureSpecificData", flow, version, prepared, namespace)
    yield (
        f'<message:DataSet specific:structureRef="{flow.id}" xsi:type="flow:DataSetType"'
        ' specific:dataScope="DataStructure" action="Replace">'
    )
    for row in flow.rows:
        values = (f"{part.id}={quoteattr(text)}" for part, text in _present(flow, row))
        yield f"<Obs {' '.join(values)}/>"
    yield "</message:DataSet>\n</message:StructureSpecificData>"


def _generic(flow: Dataflow, version: str, prepared: datetime.date) -> Iterator[str]:
    yield from _opening("GenericData", flow, version, prepared)
    yield f'<message:DataSet structureRef="{flow.id}" action="Replace">'
    keys = {*flow.dimensions, TIME}
    for row in flow.rows:
        values = {part: f"value={quoteattr(text)}/>" for part, text in _present(flow, row)}
        said = {part: f'<generic:Value id="{part.id}" {end}' for part, end in values.items()}
        value = values.get(VALUE)
        yield "<generic:Obs>"
        key = "".join(said[part] for part in said if part in keys)
        yield f"<generic:ObsKey>{key}</generic:ObsKey>"
        if value:
            yield f"<generic:ObsValue {value}"
        others = "".join(said[part] for part in said if part not in keys and part != VALUE)
        yield f"<generic:Attributes>{others}</generic:Attributes>\n</generic:Obs>"
    yield "</message:DataSet>\n</message:GenericData>"


def _present(flow: Dataflow, row: dict[str, str | None]) -> Iterator[tuple[Component, str]]:
    for part in flow.components:
        text = row[part.id]
        if text is not None:
            yield part, text


def _opening(
    kind: str,
    flow: Dataflow,
    version: str,
    prepared: datetime.date,
    namespace: str = "",
) -> Iterator[str]:
    # Readers tell the two kinds of data by the namespaces that are declared.
    other = "generic" if namespace else "specific"
    used = (f'xmlns:{name}="{uri}"' for name, uri in NAMESPACES.items() if name != other)
    declared = " ".join(used) + (f' xmlns:flow="{namespace}"' if namespace else "")
    yield '<?xml version="1.0" encoding="UTF-8"?>'
    yield f"<message:{kind} {declared}>"
    yield f"<message:Header>\n<message:ID>{flow.id}</message:ID>"
    yield "<message:Test>false</message:Test>"
    yield f"<message:Prepared>{prepared.isoformat()}T00:00:00Z</message:Prepared>"
    yield f'<message:Sender id="{AGENCY}"/>'
    named = f' namespace="{namespace}"' if namespace else ""
    yield f'<message:Structure structureID="{flow.id}"{named} dimensionAtObservation="{FLAT}">'
    yield (
        f'<common:StructureUsage><Ref agencyID="{AGENCY}" id="{flow.id}" version="{version}"'
        ' package="datastructure" class="Dataflow"/></common:StructureUsage>'
    )
    yield "</message:Structure>\n</message:Header>"


# The structure


def structure(cube: Cube, prepared: datetime.date) -> Element:
    """Return the structure message."""
    spaces = ("message", "structure", "common")
    declared = {f"xmlns:{name}": NAMESPACES[name] for name in spaces}
    root = Element("message:Structure", declared)
    header = SubElement(root, "message:Header")
    SubElement(header, "message:ID").text = "STRUCTURE"
    SubElement(header, "message:Test").text = "false"
    SubElement(header, "message:Prepared").text = f"{prepared.isoformat()}T00:00:00Z"
    SubElement(header, "message:Sender", id=AGENCY)
    parts = SubElement(root, "message:Structures")
    schemes = SubElement(parts, "structure:OrganisationSchemes")
    # Agency schemes have this name and this version, always.
    agencies = SubElement(
        schemes, "structure:AgencyScheme", id="AGENCIES", agencyID="SDMX", version="1.0"
    )
    _named(agencies, "Agencies")
    _named(SubElement(agencies, "structure:Agency", id=AGENCY), AGENCY_NAME)
    flows = SubElement(parts, "structure:Dataflows")
    for flow in cube.dataflows:
        it = _maintained(flows, "Dataflow", flow.id, cube.version, flow.name)
        owner = {"agencyID": AGENCY, "id": f"DSD_{flow.id}", "version": cube.version}
        _reference(SubElement(it, "structure:Structure"), owner, "datastructure.DataStructure")
    lists = SubElement(parts, "structure:Codelists")
    for name, codes in cube.code_lists.items():
        it = _maintained(lists, "Codelist", name, cube.version, f"Codes of {name}")
        if name in OF_SDMX:
            it.attrib |= {"agencyID": "SDMX", "version": OF_SDMX[name], "isPartial": "true"}
        for code, label, description in codes:
            _named(SubElement(it, "structure:Code", id=code), label, description)
    concepts = SubElement(parts, "structure:Concepts")
    scheme = _maintained(concepts, "ConceptScheme", CONCEPTS, cube.version, "Components")
    components = {part for flow in cube.dataflows for part in flow.components}
    for part in sorted(components, key=lambda part: part.id):
        described = cube.descriptions[part.column]
        _named(SubElement(scheme, "structure:Concept", id=part.id), part.name, described)
    structures = SubElement(parts, "structure:DataStructures")
    for flow in cube.dataflows:
        _data_structure(structures, flow, cube.version)
    return root


def _data_structure(parent: Element, flow: Dataflow, version: str) -> None:
    it = _maintained(parent, "DataStructure", f"DSD_{flow.id}", version, flow.name)
    components = SubElement(it, "structure:DataStructureComponents")
    dimensions = SubElement(components, "structure:DimensionList", id="DimensionDescriptor")
    attributes = SubElement(components, "structure:AttributeList", id="AttributeDescriptor")
    measures = SubElement(components, "structure:MeasureList", id="MeasureDescriptor")
    for position, part in enumerate((*flow.dimensions, TIME), 1):
        kind = "TimeDimension" if part == TIME else "Dimension"
        _component(dimensions, kind, part, version).set("position", str(position))
    _component(measures, "PrimaryMeasure", VALUE, version)
    known = {*flow.dimensions, TIME, VALUE}
    for part in (part for part in flow.components if part not in known):
        it = _component(attributes, "Attribute", part, version)
        it.set("assignmentStatus", "Mandatory" if part.is_required else "Conditional")
        relation = SubElement(it, "structure:AttributeRelationship")
        SubElement(SubElement(relation, "structure:PrimaryMeasure"), "Ref", id=VALUE.id)


def _component(parent: Element, kind: str, part: Component, version: str) -> Element:
    it = SubElement(parent, f"structure:{kind}", id=part.id)
    scheme = {"maintainableParentID": CONCEPTS, "maintainableParentVersion": version}
    reference = scheme | {"agencyID": AGENCY, "id": part.id}
    identity = SubElement(it, "structure:ConceptIdentity")
    _reference(identity, reference, "conceptscheme.Concept")
    represented = SubElement(it, "structure:LocalRepresentation")
    if part.code_list:
        of_sdmx = OF_SDMX.get(part.code_list)
        owner = {"agencyID": "SDMX" if of_sdmx else AGENCY, "version": of_sdmx or version}
        enumeration = SubElement(represented, "structure:Enumeration")
        _reference(enumeration, owner | {"id": part.code_list}, "codelist.Codelist")
    else:
        SubElement(represented, "structure:TextFormat", textType=part.text_type)
    return it


def _maintained(parent: Element, kind: str, name: str, version: str, label: str) -> Element:
    named = {"id": name, "agencyID": AGENCY, "version": version}
    return _named(SubElement(parent, f"structure:{kind}", named), label)


def _named(it: Element, label: str, description: str | None = None) -> Element:
    for kind, text in (("Name", label), ("Description", description)):
        if text:
            SubElement(it, f"common:{kind}", {"xml:lang": "en"}).text = text
    return it


def _reference(parent: Element, attributes: dict[str, str], kind: str) -> None:
    package, _, name = kind.partition(".")  # optional in the schema; pysdmx needs them
    SubElement(parent, "Ref", attributes | {"package": package, "class": name})
