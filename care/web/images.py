"""The pictures of messages and pages, as mail programs and browsers fetch them."""

from fastapi import APIRouter
from fastapi.responses import FileResponse

from care.images import KINDS, PATH, Images
from care.web.context import Here
from care.web.problems import RefusalError

# The address carries a version that changes with the file, and mail is read for years.
_FOR_EVER = "public, max-age=31536000, immutable"
_A_DAY = "public, max-age=86400"

router = APIRouter(include_in_schema=False)


@router.api_route(PATH + "{name:path}", methods=["GET", "HEAD"])
def picture(here: Here, name: str, v: str = "") -> FileResponse:
    """A picture of the folder ``templates/images``."""
    path = Images(here.settings.templates_dir).file(name)
    if path is None:
        raise RefusalError("not-found", "there is no such picture")
    # A mail program that runs in a browser shows it from another origin.
    headers = {"Cache-Control": _FOR_EVER if v else _A_DAY, "Cross-Origin-Resource-Policy": "cross-origin"}
    return FileResponse(path, media_type=KINDS[path.suffix.lower()], headers=headers)
