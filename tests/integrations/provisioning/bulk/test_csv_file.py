"""What people upload: as Excel, editors and our own result file write it."""

import pytest

from integrations.errors import UnusableFile
from integrations.provisioning.bulk import csv_file
from integrations.provisioning.bulk.columns import COLUMNS, example_file


def refusal(content: bytes | str) -> str:
    with pytest.raises(UnusableFile) as caught:
        csv_file.read(content)
    return str(caught.value)


@pytest.mark.parametrize("delimiter", [",", ";"])
@pytest.mark.parametrize("start", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("end", [b"\n", b"\r\n"])
def test_comma_or_semicolon_with_or_without_bom_is_read(
    delimiter: str, start: bytes, end: bytes
) -> None:
    lines = [b"userid;firstName;lastName", 'ann;Änn;"O\'Neil, jr"'.encode(), b"", b" bo ;;"]
    content = start + end.join(line.replace(b";", delimiter.encode()) for line in lines)

    table = csv_file.read(content)

    assert table.columns == ("userId", "firstName", "lastName")
    ann, bo = table.lines
    assert (ann.number, ann.cells["firstName"], ann.cells["lastName"]) == (2, "Änn", "O'Neil, jr")
    assert (bo.number, bo.cells) == (4, {"userId": "bo"})


def test_the_number_of_a_line_is_that_of_the_editor_also_behind_a_cell_of_two_lines() -> None:
    table = csv_file.read('userId,lastName\nann,"A\nB"\nbo,C\n')

    assert [line.number for line in table.lines] == [2, 4]


def test_our_own_result_file_mended_is_read_again() -> None:
    table = csv_file.read(
        "userId,primaryPhoneNumber,result,description\nann,'+12405550123,failed,x\n"
    )

    assert table.columns == ("userId", "primaryPhoneNumber")
    assert table.lines[0].cells == {"userId": "ann", "primaryPhoneNumber": "+12405550123"}


def test_the_example_file_is_one_that_is_read() -> None:
    (line,) = csv_file.read("".join(example_file())).lines

    assert line.cells.keys() <= COLUMNS.keys()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("", "must name the columns"),
        ("firstName\nAnn", "“userId” must be one of them"),
        ("userId,firstname\n", "no line below"),
        ("userId,pakage\nann,basic", "Unknown column: “pakage”. Did you mean “package”?"),
        ("userId,zz,yy\nann,1,2", "Unknown columns: “zz”, “yy”."),
        ("userId,userID\nann,bo", "two columns “userId”"),
        (b"userId\n\xff\xfe", "no UTF-8 text"),
        ("userId\nann".encode("utf-16"), "no UTF-8 text"),
        ("userId\nann\x00", "no UTF-8 text"),
        ('userId\nann\n"bo\n', "Line 3 cannot be read"),
        ("userId\n" + "ann\n" * 10_001, "more than 10,000 lines"),
        ("userId\n" + "a" * 2_100_000, "larger than 2 MB"),
    ],
)
def test_a_file_that_is_none_is_refused_in_a_sentence(content: bytes | str, words: str) -> None:
    assert words in refusal(content)


def test_ten_thousand_lines_are_read() -> None:
    assert len(csv_file.read("userId\n" + "ann\n" * 10_000).lines) == 10_000
