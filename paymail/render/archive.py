"""What WeasyPrint's PDF/A-3a still lacks to be PDF/UA-1 as well, put in before it is written.

Sources: ISO 19005-3 (6.6.2.3: XMP of other standards needs a description of its schema; 6.8: files of /AF),
ISO 14289-1 (5: the mark `pdfuaid:part`; 7.18.3: the order of tabs).
"""

from typing import Any

_SCHEMA = (
    b'<rdf:Description rdf:about="" xmlns:pdfuaid="http://www.aiim.org/pdfua/ns/id/">'
    b"<pdfuaid:part>1</pdfuaid:part></rdf:Description>"
    b'<rdf:Description rdf:about="" xmlns:pdfaExtension="http://www.aiim.org/pdfa/ns/extension/"'
    b' xmlns:pdfaSchema="http://www.aiim.org/pdfa/ns/schema#"'
    b' xmlns:pdfaProperty="http://www.aiim.org/pdfa/ns/property#">'
    b'<pdfaExtension:schemas><rdf:Bag><rdf:li rdf:parseType="Resource">'
    b"<pdfaSchema:schema>PDF/UA identification</pdfaSchema:schema>"
    b"<pdfaSchema:namespaceURI>http://www.aiim.org/pdfua/ns/id/</pdfaSchema:namespaceURI>"
    b"<pdfaSchema:prefix>pdfuaid</pdfaSchema:prefix>"
    b'<pdfaSchema:property><rdf:Seq><rdf:li rdf:parseType="Resource">'
    b"<pdfaProperty:name>part</pdfaProperty:name>"
    b"<pdfaProperty:valueType>Integer</pdfaProperty:valueType>"
    b"<pdfaProperty:category>internal</pdfaProperty:category>"
    b"<pdfaProperty:description>Part of ISO 14289</pdfaProperty:description>"
    b"</rdf:li></rdf:Seq></pdfaSchema:property>"
    b"</rdf:li></rdf:Bag></pdfaExtension:schemas></rdf:Description>"
)


class Archive:
    """Finishes one PDF; `missing` are then the code points for which no font had a glyph."""

    def __init__(self) -> None:
        self.missing: set[int] = set()

    def finish(self, document: Any, pdf: Any) -> None:
        """Be WeasyPrint's `finisher`: change its objects (pydyf) before they are written."""
        for font in document.fonts.values():
            self.missing.update(font.missing)
        _mark_accessible(pdf)
        _name_files_once(pdf)


def _mark_accessible(pdf: Any) -> None:
    """Write the mark of PDF/UA into the one `rdf:RDF`: readers ignore a second one."""
    (metadata,) = [one for one in pdf.objects if getattr(one, "extra", {}).get("Type") == "/Metadata"]
    (packet,) = metadata.stream
    metadata.stream = [packet.replace(b"</rdf:RDF>", _SCHEMA + b"</rdf:RDF>")]
    # Without a filter, so that a reader of bytes finds it (ISO 19005-3, 6.6.2.1, recommends it).
    metadata.compress = False


def _name_files_once(pdf: Any) -> None:
    """WeasyPrint names each attached file twice in /AF."""
    if "AF" in pdf.catalog:
        files = pdf.catalog["AF"]
        files[:] = dict.fromkeys(files)
