"""What can go wrong with the database (数据库), said so that the person who can mend it knows what to do."""


class DatabaseTrouble(Exception):
    """The database cannot be used."""

    def __init__(self, **facts: object) -> None:
        super().__init__(" ".join((type(self).__doc__ or "").split()).format(**facts))
        self.facts = facts
