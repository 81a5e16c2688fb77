"""What the service says of itself is what it does (PS3.18 8.9)."""

import json
from xml.etree import ElementTree

from radiotheque.wire.dicomweb import WebSettings, dicomweb_routes
from unit.wire.dicomweb.asgi import ask
from unit.wire.dicomweb.shelf import Shelf

WADL = "{http://wadl.dev.java.net/2009/02}"


def test_every_route_is_described_with_its_methods() -> None:
    routes = dicomweb_routes(Shelf(), WebSettings())
    answer = ask(routes, "OPTIONS", "/dicom-web/")
    assert (answer.status, answer.headers["content-type"]) == (200, "application/vnd.sun.wadl+xml")
    root = ElementTree.fromstring(answer.body)
    described = {node.get("path") for node in root.iter(f"{WADL}resource")}
    prefix = "/dicom-web/"
    served = {
        route.path.replace(":path}", "}").removeprefix(prefix) for route in routes if route.path.startswith(prefix)
    }  # type: ignore[attr-defined]
    assert described == served - {""}
    methods = {
        node.get("path"): {method.get("name") for method in node.iter(f"{WADL}method")}
        for node in root.iter(f"{WADL}resource")
    }
    assert methods["studies"] == {"GET", "POST"}
    assert methods["studies/{study}"] == {"GET", "POST", "DELETE"}


def test_the_same_as_json() -> None:
    answer = ask(dicomweb_routes(Shelf(), WebSettings()), "OPTIONS", "/dicom-web", {"Accept": "application/json"})
    told = json.loads(answer.body)
    assert told["base"] == "http://pacs.test/dicom-web"
    (studies,) = [each for each in told["resources"] if each["path"] == "/studies"]
    post = next(method for method in studies["methods"] if method["name"] == "POST")
    assert 'multipart/related; type="application/dicom"' in post["takes"]


def test_options_of_a_resource_tells_its_methods() -> None:
    answer = ask(dicomweb_routes(Shelf(), WebSettings()), "OPTIONS", "/dicom-web/studies/1.2/metadata")
    assert (answer.status, answer.headers["allow"]) == (204, "GET, HEAD, OPTIONS")
