"""What every body of a request to the staff API is."""

from pydantic import BaseModel, ConfigDict


class Body(BaseModel):
    """A body. An unknown field is refused: a misspelt one must not be taken for its default."""

    model_config = ConfigDict(extra="forbid")
