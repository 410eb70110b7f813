"""Every screen there is, in every size, colour scheme, language and state, and the rules for it.

`list_of_portal`, `list_of_settings` and `list_of_sandbox` name them; `tests/test_screens.py` fails
where a page has none. `rules.js` judges one; `looking` opens them; `python -m` takes pictures.
"""
