"""The projects of a deployment, in DynamoDB."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from mediabeat import table_projects
from mediabeat.dynamodb import EXISTS, IS_NEW, Table
from mediabeat.errors import NotFound, ProjectExists
from mediabeat.projects import Project

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


class Registry:
    """Who may report and ask. Every method raises StorageUnavailable when the database refuses for now."""

    def __init__(self, table_name: str, client: "DynamoDBClient") -> None:
        self._table = Table(table_name, client)

    def project(self, project_id: str) -> Project | None:
        """Return a project; none when there is none of this id."""
        item = self._table.get(table_projects.project_key(project_id))
        return table_projects.project_of(item) if item else None

    def projects(self) -> Iterator[Project]:
        """Yield all projects, by id."""
        return map(table_projects.project_of, self._table.query("pk = :pk", {":pk": {"S": table_projects.PROJECTS}}))

    def create_project(self, project: Project) -> None:
        """Store a new project.

        Raises ProjectExists.
        """
        if not self._table.put(table_projects.project_item(project), IS_NEW):
            raise ProjectExists(f"project {project.id} exists already")

    def replace_project(self, project: Project) -> None:
        """Store a project that has changed.

        Raises NotFound when it is not there any more.
        """
        if not self._table.put(table_projects.project_item(project), EXISTS):
            raise NotFound(f"there is no project {project.id}")

    def delete_project(self, project_id: str) -> None:
        """Delete a project: it takes no sessions and answers no queries any more; what it has stays until it expires."""
        self._table.delete(table_projects.project_key(project_id))
