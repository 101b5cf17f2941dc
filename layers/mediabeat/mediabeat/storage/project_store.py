"""The projects of a deployment and their access keys, in DynamoDB."""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Final, NamedTuple

from mediabeat.core.channels import NAME, Status
from mediabeat.core.projects import PROJECT_ID, AccessKey, Project
from mediabeat.errors import NotFound, ProjectExists, StorageUnavailable
from mediabeat.storage import channel_items, project_items
from mediabeat.storage.dynamodb import EXISTS, IS_NEW, Table
from mediabeat.storage.table import Item

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


MAX_ATTEMPTS: Final = 5
"""Attempts of a transaction beside others, each of which takes milliseconds."""


def _is_still(project: Project, name: str) -> tuple[str, Item]:
    """Return the condition that a project's item has this key and these business errors, and the condition's values."""
    item = project_items.project_item(project)
    values = {f":{name}_key": item["key_hash"]}
    errors = "attribute_not_exists(business_errors)"
    if "business_errors" in item:
        errors = f"business_errors = :{name}_errors"
        values[f":{name}_errors"] = item["business_errors"]
    return f"(key_hash = :{name}_key AND {errors})", values


class Admission(NamedTuple):
    """The facts that decide about a new session: its project, and its channel's status (None: not registered)."""

    project: Project | None
    channel_status: Status | None


class Registry:
    """The projects and access keys. Every method raises StorageUnavailable when the database refuses for now."""

    def __init__(self, table_name: str, client: "DynamoDBClient") -> None:
        self._table = Table(table_name, client)

    def project(self, project_id: str) -> Project | None:
        """Return a project; None when there is none. Ids that cannot be a project's are not looked up."""
        if not PROJECT_ID.fullmatch(project_id):
            return None
        item = self._table.get(project_items.project_key(project_id))
        return project_items.project_of(item) if item else None

    def business_errors(self, project_id: str) -> tuple[str, ...]:
        """Return the prefixes of a project's business errors, by one read; empty when there is no such project."""
        project = self.project(project_id)
        return project.business_errors if project else ()

    def admission(self, project_id: str, channel_name: str) -> Admission:
        """Return the facts that decide about a new session, by one request if the id is the project's own.

        An id may be a further id of the project. Ids and names that cannot be a project's or a channel's are not looked up.
        """
        found = self._admission(project_id, channel_name)
        if found.project is None and (owner := self._owner_of(project_id)) is not None:
            return self._admission(owner, channel_name)
        return found

    def project_by_any_id(self, project_id: str) -> Project | None:
        """Return the project that has this id, or this further id; None when there is none."""
        return self.admission(project_id, "").project

    def _owner_of(self, datastream: str) -> str | None:
        """Return the id of the project that has a further id; None when there is none."""
        if not PROJECT_ID.fullmatch(datastream):
            return None
        (item,) = self._table.get_all(project_items.datastream_key(datastream))
        return project_items.owner_of(item) if item else None

    def _admission(self, project_id: str, channel_name: str) -> Admission:
        if not PROJECT_ID.fullmatch(project_id):
            return Admission(project=None, channel_status=None)
        wanted = [project_items.project_key(project_id)]
        if NAME.fullmatch(channel_name):
            wanted.append(channel_items.name_key(project_id, channel_name))
        project, *named = self._table.get_all(*wanted)
        channel = named[0] if named else None
        return Admission(
            project_items.project_of(project) if project else None, channel_items.status_of(channel) if channel else None
        )

    def projects(self) -> Iterator[Project]:
        """Yield all projects, by id."""
        return map(project_items.project_of, self._table.query("pk = :pk", {":pk": {"S": project_items.PROJECTS}}))

    def create_project(self, project: Project) -> None:
        """Store a new project. Access keys that a deleted project of its name has left do not open it: they are disabled.

        Raises ProjectExists, also when another project has its id, or one of its further ids, as a further id.
        """
        if (owner := self._owner_of(project.id)) is not None:
            raise ProjectExists(f"{project.id!r} is a further id of the project {owner!r}")
        self._claim(project)
        item = project_items.project_item(project)
        # The SDK repeats a request whose answer is lost. The repeat finds what the first one has stored: the hash is random.
        if (there := self._table.put_new(item)) is not None and there != item:
            raise ProjectExists(f"The project {project.id!r} exists already")
        self._disable(key for key in self.access_keys(project.id) if key.created_at < project.created_at)

    def _claim(self, project: Project) -> None:
        """Store the further ids of a project that is about to be created. Ids that it has claimed already stay its own.

        Raises ProjectExists.
        """
        for datastream in project.datastreams:
            if self.project(datastream) is not None:
                raise ProjectExists(f"{datastream!r} is a project, so it cannot be a further id")
            item = project_items.datastream_item(datastream, project.id)
            if (there := self._table.put_new(item)) is not None and there != item:
                raise ProjectExists(f"{datastream!r} is a further id of the project {project_items.owner_of(there)!r}")

    def replace_project(self, project: Project, *, seen: Project | None = None) -> None:
        """Store a project that has changed; with `seen`, only if its key and its settings are still those seen.

        Raises NotFound when it no longer exists, or another command has changed it.
        """
        item, values = project_items.project_item(project), {}
        condition = EXISTS
        if seen is not None:  # or the new ones, when the SDK repeats a request whose answer was lost
            (is_seen, seen_values), (is_new, new_values) = _is_still(seen, "seen"), _is_still(project, "new")
            condition, values = f"{is_seen} OR {is_new}", seen_values | new_values
        if not self._table.put(item, condition, values):
            raise NotFound(f"there is no project {project.id}, or another command has just changed it")

    def delete_project(self, project_id: str) -> None:
        """Delete a project. It accepts no sessions and no queries any more; its sessions stay until they expire.

        Its access keys are disabled first, so that they are not valid for a later project with the same id.
        """
        self._disable(self.access_keys(project_id))
        project = self.project(project_id)
        self._table.delete(project_items.project_key(project_id))
        for datastream in project.datastreams if project else ():
            self._table.delete(project_items.datastream_key(datastream))
        self._disable(self.access_keys(project_id))  # those that were created in between; without a project there are no more

    def _disable(self, access_keys: Iterable[AccessKey]) -> None:
        for access_key in access_keys:
            if access_key.enabled:
                self.disable_access_key(access_key)

    def access_key(self, access_key_id: str) -> AccessKey | None:
        """Return an access key, by a consistent read; None when there is none."""
        item = self._table.get(project_items.access_key_key(access_key_id), consistent=True)
        return project_items.access_key_of(item) if item else None

    def access_keys(self, project_id: str | None = None) -> Iterator[AccessKey]:
        """Yield the access keys of a project, or of all."""
        condition, values = "pk = :pk", {":pk": {"S": project_items.ACCESS_KEYS}}
        if project_id is not None:
            condition += " AND begins_with(sk, :prefix)"
            values[":prefix"] = {"S": project_items.access_key_prefix(project_id)}
        return map(project_items.access_key_of, self._table.query(condition, values))

    def create_access_key(self, access_key: AccessKey) -> None:
        """Store a new access key.

        Raises NotFound when its project does not exist, and StorageUnavailable when others keep changing the project.
        """
        project = {"Key": project_items.project_key(access_key.project_id), "ConditionExpression": EXISTS}
        puts = [{"Put": {"Item": item, "ConditionExpression": IS_NEW}} for item in project_items.access_key_items(access_key)]
        for _ in range(MAX_ATTEMPTS):
            if self._table.transact([{"ConditionCheck": project}, *puts]) or self.access_key(access_key.id) == access_key:
                return
            if self._table.get(project_items.project_key(access_key.project_id), consistent=True) is None:
                raise NotFound(f"there is no project {access_key.project_id}")
        raise StorageUnavailable("other commands keep changing the project; nothing was created")

    def disable_access_key(self, access_key: AccessKey) -> None:
        """Disable an access key, at once and for ever.

        Raises StorageUnavailable when others keep changing it: it may still be enabled.
        """
        disabled = project_items.access_key_items(access_key._replace(enabled=False))
        for _ in range(MAX_ATTEMPTS):
            if self._table.transact([{"Put": {"Item": item}} for item in disabled]):
                return
        raise StorageUnavailable("other commands keep changing the access key; it may still be enabled")
