"""The dry run: every sentence stands in the cell it is about."""

import pytest

from integrations.provisioning.bulk import line_checks, remarks
from integrations.provisioning.bulk.csv_file import Line

GOOD = {
    "userId": "ann@acme", "spEnterpriseId": "Acme+one", "firstName": "Ann", "lastName": "Archer",
    "package": "basic", "extension": "5123", "provisioningId": "p1",
}  # fmt: skip


def problems(
    *cells: dict[str, str], otherwise: str = "provision", default: str = ""
) -> list[dict[str, str]]:
    lines = [Line(number, each) for number, each in enumerate(cells, start=2)]
    checked = line_checks.check(lines, otherwise=otherwise, default_provisioning_id=default)
    return [
        {name: remarks.in_words(said) for name, said in each.problems.items()} for each in checked
    ]


def without(*names: str) -> dict[str, str]:
    return {name: cell for name, cell in GOOD.items() if name not in names}


def test_a_good_line_has_no_problems() -> None:
    assert problems(GOOD) == [{}]


@pytest.mark.parametrize(
    ("column", "cell", "words"),
    [
        ("package", "gold", "softphone, basic"),
        ("email", "ann at acme", "not an e-mail address"),
        ("primaryPhoneNumber", "call me", "such as +1"),
        ("mobilePhoneNumber", "12", "such as +1"),
        ("extension", "5-1", "consists of digits"),
        ("operation", "create", "provision, update, remove or verify"),
        ("firstName", "A" * 501, "Too long"),
        ("userId", "a" * 201, "Too long"),
    ],
)
def test_a_cell_that_cannot_be_right_says_why(column: str, cell: str, words: str) -> None:
    (found,) = problems(GOOD | {column: cell})

    assert list(found) == [column]
    assert words in found[column]


@pytest.mark.parametrize("column", ["userId", "spEnterpriseId", "firstName", "lastName", "package"])
def test_what_is_required_and_missing_is_said(column: str) -> None:
    assert problems(without(column)) == [{column: "Required."}]


def test_a_number_or_an_extension_is_required() -> None:
    assert list(problems(without("extension"))[0]) == ["extension"]
    assert problems(without("extension") | {"primaryPhoneNumber": "+1 240-555 0123"}) == [{}]


def test_the_provisioning_id_of_the_integration_is_enough() -> None:
    assert list(problems(without("provisioningId"))[0]) == ["provisioningId"]
    assert problems(without("provisioningId"), default="p1") == [{}]


def test_two_lines_about_one_user_are_both_refused() -> None:
    found = problems(GOOD, GOOD | {"userId": "bo@acme"}, GOOD | {"userId": "ANN@acme"})

    assert [each.get("userId") for each in found] == [
        "Line 4 is about the same user.", None, "Line 2 is about the same user.",
    ]  # fmt: skip


def test_an_update_names_only_what_shall_change() -> None:
    assert problems({"userId": "ann", "package": "premium"}, otherwise="update") == [{}]
    assert "changes nothing" in problems({"userId": "ann"}, otherwise="update")[0]["userId"]
    found = problems({"userId": "ann", "email": "ann@acme.example"}, otherwise="update")
    assert "leave the cell empty" in found[0]["email"]


def test_a_removal_needs_nothing_but_the_user() -> None:
    line = {"operation": "Remove", "userId": "ann", "package": "whatever it says"}

    assert problems(line) == [{}]
    assert problems({"operation": "remove", "package": "basic"}) == [{"userId": "Required."}]


def test_a_check_needs_whom_it_is_about_and_the_address() -> None:
    assert problems({"userId": "ann", "email": "ann@acme.example"}, otherwise="verify") == [{}]
    assert problems({"userId": "ann"}, otherwise="verify") == [{"email": "Required."}]
