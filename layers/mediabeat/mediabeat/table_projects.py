"""The table's items of projects."""

from typing import Final

from mediabeat.projects import Project
from mediabeat.table import Item, key, number_in

PROJECTS: Final = "projects"


def project_key(project_id: str) -> Item:
    """Return the key of a project's item."""
    return key(PROJECTS, project_id)


def project_item(project: Project) -> Item:
    """Return the item of a project."""
    item = project_key(project.id) | {"key_hash": {"S": project.key_hash}, "created_at": {"N": str(project.created_at)}}
    if project.old_key_hash is not None:
        item |= {"old_key_hash": {"S": project.old_key_hash}, "old_key_until": {"N": str(project.old_key_until)}}
    return item


def project_of(item: Item) -> Project:
    """Read a project's item."""
    return Project(
        item["sk"]["S"],
        item["key_hash"]["S"],
        int(item["created_at"]["N"]),
        item.get("old_key_hash", {}).get("S"),
        number_in(item, "old_key_until"),
    )
