"""Portal users. Our own class from the first migration, so that it can grow."""

from django.contrib.auth.models import AbstractUser


class User(AbstractUser):
    @property
    def display_name(self) -> str:
        return self.get_full_name() or self.username
