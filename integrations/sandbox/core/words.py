"""What a person is to read, in the language of whoever looks at it."""


def gettext_noop(text: str) -> str:
    """Marks it for translation, as Django's does, which reads settings that nobody has made yet."""
    return text
