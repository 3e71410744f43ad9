from types import UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints, is_typeddict

import pytest
from pydantic import BaseModel

from dssr.client import documents
from dssr.http.v1 import cluster_models, file_models, models

PAIRS = [
    (documents.JobDocument, models.Job),
    (documents.Explanation, models.Explanation),
    (documents.CheckedJob, models.CheckedJob),
    (documents.JobEvent, models.JobEvent),
    (documents.File, file_models.File),
    (documents.Counts, cluster_models.Counts),
    (documents.ClusterLimits, cluster_models.ClusterLimits),
    (documents.ClusterAbout, cluster_models.ClusterAbout),
    (documents.Partition, cluster_models.Partition),
    (documents.Node, cluster_models.Node),
    (documents.QueuedJob, cluster_models.QueuedJob),
]


def shape(kind: Any) -> Any:
    """A type as names: an object is its members, a union the set of its parts."""
    if hasattr(kind, "__metadata__"):  # Annotated
        return shape(kind.__origin__)
    if get_origin(kind) is Literal:
        return "str"
    if get_origin(kind) in (Union, UnionType):
        return frozenset(map(shape, get_args(kind)))
    if get_origin(kind):
        return (get_origin(kind).__name__, *map(shape, get_args(kind)))
    if is_typeddict(kind):
        return {name: shape(part) for name, part in get_type_hints(kind).items()}
    if issubclass(kind, BaseModel):
        return {name: shape(field.annotation) for name, field in kind.model_fields.items()}
    return kind.__name__


@pytest.mark.parametrize(("document", "model"), PAIRS, ids=lambda kind: kind.__name__)
def test_documents_are_as_the_api_has_them(document: Any, model: Any) -> None:
    """Each type for type checkers has the members and the types of the API's own model."""
    assert shape(document) == shape(model)
