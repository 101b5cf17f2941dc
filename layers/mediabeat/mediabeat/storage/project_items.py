"""The items of projects and of their access keys. Pure; `table` has the map."""

from typing import Final

from mediabeat.core.projects import AccessKey, Project
from mediabeat.storage.table import Item, key, number_in

PROJECTS: Final = "projects"
ACCESS_KEYS: Final = "access-keys"


def project_key(project_id: str) -> Item:
    """Return the key of a project's item."""
    return key(PROJECTS, project_id)


def project_item(project: Project) -> Item:
    """Return the item of a project."""
    item = project_key(project.id) | {"key_hash": {"S": project.key_hash}, "created_at": {"N": str(project.created_at)}}
    if project.old_key_hash is not None:
        item |= {"old_key_hash": {"S": project.old_key_hash}, "old_key_until": {"N": str(project.old_key_until)}}
    if project.keeps_viewer_uuids:
        item |= {"keeps_viewer_uuids": {"BOOL": True}}
    if project.org:
        item |= {"org": {"S": project.org}}
    if project.datastreams:
        item |= {"datastreams": {"SS": list(project.datastreams)}}
    if project.business_errors:
        item |= {"business_errors": {"L": [{"S": prefix} for prefix in project.business_errors]}}
    return item


def project_of(item: Item) -> Project:
    """Read a project's item."""
    return Project(
        id=item["sk"]["S"],
        key_hash=item["key_hash"]["S"],
        created_at=int(item["created_at"]["N"]),
        old_key_hash=item.get("old_key_hash", {}).get("S"),
        old_key_until=number_in(item, "old_key_until"),
        keeps_viewer_uuids="keeps_viewer_uuids" in item,
        org=item.get("org", {}).get("S", ""),
        datastreams=tuple(sorted(item.get("datastreams", {}).get("SS", ()))),
        business_errors=tuple(prefix["S"] for prefix in item.get("business_errors", {}).get("L", ())),
    )


def datastream_key(datastream: str) -> Item:
    """Return the key of the item that finds a project by one of its further ids."""
    return key(f"datastream#{datastream}", "datastream")


def datastream_item(datastream: str, project_id: str) -> Item:
    """Return the item that finds a project by one of its further ids."""
    return datastream_key(datastream) | {"project_id": {"S": project_id}}


def owner_of(item: Item) -> str:
    """Return the id of the project that a further id names."""
    return str(item["project_id"]["S"])


def access_key_key(access_key_id: str) -> Item:
    """Return the key of the item that finds an access key by its id."""
    return key(f"access-key#{access_key_id}", "access-key")


def access_key_prefix(project_id: str) -> str:
    """Return the prefix of the sort keys of a project's access keys in the list."""
    return f"{project_id}#"


def access_key_items(access_key: AccessKey) -> tuple[Item, Item]:
    """Return the two items of an access key: by its id, and in the list."""
    fields = {
        "access_key_id": {"S": access_key.id},
        "project_id": {"S": access_key.project_id},
        "created_at": {"N": str(access_key.created_at)},
        "enabled": {"BOOL": access_key.enabled},
    }
    listed = key(ACCESS_KEYS, access_key_prefix(access_key.project_id) + access_key.id)
    return access_key_key(access_key.id) | fields, listed | fields


def access_key_of(item: Item) -> AccessKey:
    """Read an access key's item."""
    return AccessKey(
        id=item["access_key_id"]["S"],
        project_id=item["project_id"]["S"],
        created_at=int(item["created_at"]["N"]),
        enabled=item["enabled"]["BOOL"],
    )
