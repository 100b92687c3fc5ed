"""ballast.keeper_journal: nothing is forgotten, and a file is whole or of before."""

import json
from dataclasses import asdict

import pytest

from ballast.keeper_journal import HEADS, Journal, JournalError, JournalFile, Pending, Try

OURS = (31_337, "0x" + "ab" * 32, "0x" + "cd" * 20)


@pytest.fixture
def file(tmp_path):
    file = JournalFile(tmp_path / "a" / "journal.json")
    yield file
    file.close()


def full():
    """A journal with something in every field."""
    tries = [Try("0x01", "0x02", 3, 4, 5), Try("0x06", "0x07", 8, 9, 10)]
    pending = Pending("trip", "trip", "hourly", "0xto", "0xdata", 11, 12, 13, True, tries)
    return Journal(
        *OURS, heads={7: "0x08"}, head=8, pending=pending, last=pending, last_block=6,
        hedged_at=99, scanned=5, accounts=["0xaa"],
    )  # fmt: skip


def test_load__saved__is_the_same(file):
    file.save(full())
    assert file.load(*OURS) == (full(), "found")


def test_load__nothing_there__is_new(file):
    assert file.load(*OURS) == (Journal(*OURS), "new")


@pytest.mark.parametrize("number", range(3))
def test_load__another_chain_or_account__is_set_aside(file, number):
    file.save(full())
    wanted = list(OURS)
    wanted[number] = 1 if number == 0 else "0x00"
    found, how = file.load(*wanted)
    assert (found, how) == (Journal(*wanted), "of another chain or account, set aside")
    assert file.path.with_name("journal.json.old").exists() and not file.path.exists()


def test_file__folder_cannot_be_written__says_so(tmp_path):
    (tmp_path / "a").write_text("a file, where a folder should be")
    with pytest.raises(JournalError, match="cannot write .*journal.json: "):
        JournalFile(tmp_path / "a" / "journal.json")


@pytest.mark.parametrize("text", ["", "{", "[]", "7", '{"version": 2}', '{"version": 1}'])
def test_load__damaged__is_set_aside(file, text):
    file.path.write_text(text)
    assert file.load(*OURS) == (Journal(*OURS), "damaged, set aside")


def test_load__a_field_too_many__is_set_aside(file):
    file.path.write_text(json.dumps(asdict(full()) | {"more": 1}))
    assert file.load(*OURS)[1] == "damaged, set aside"


def test_save__interrupted__leaves_what_was_there(file, monkeypatch):
    file.save(full())

    def die(*arguments):
        raise KeyboardInterrupt

    monkeypatch.setattr("ballast.keeper_journal.os.fsync", die)
    with pytest.raises(KeyboardInterrupt):
        file.save(Journal(*OURS))
    assert file.load(*OURS)[0] == full()


def test_save__folder_is_gone__says_so(file):
    file.path.parent.rename(file.path.parent.with_name("b"))
    with pytest.raises(JournalError, match="cannot write .*journal.json: No such file"):
        file.save(full())


def test_open__in_use__is_refused_until_it_is_closed(file):
    with pytest.raises(JournalError, match="another keeper uses"):
        JournalFile(file.path)
    file.close()
    JournalFile(file.path).close()


def test_see__many_heads__remembers_the_newest():
    journal = Journal(*OURS)
    for number in range(1, 200):
        journal.see(number, hex(number))
    assert journal.head == 199 and len(journal.heads) == HEADS
    assert min(journal.heads) == 199 - HEADS and journal.heads[198] == "0xc7"


def test_forget_from__another_branch__keeps_what_is_below():
    journal = Journal(*OURS, heads={4: "a", 5: "b", 6: "c"})
    journal.forget_from(5)
    assert journal.heads == {4: "a"}
