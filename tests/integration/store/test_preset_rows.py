"""Presets on both databases: kept under names that are unique, and their files with them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from flasklab.errors import WrongStateError
from flasklab.services.preset_keep import PresetKeep, PresetNotFoundError

if TYPE_CHECKING:
    from flasklab.store.store import Store


@pytest.fixture
def presets(store: Store) -> PresetKeep:
    return PresetKeep(store)


def test_presets_are_saved_replaced_renamed_and_removed(presets: PresetKeep) -> None:
    quick = presets.save("train", " quick ", {"epochs": 3}, "ada")
    assert (quick.name, quick.params, quick.saved_by) == ("quick", {"epochs": 3}, "ada")
    with pytest.raises(WrongStateError, match="already"):
        presets.save("train", "quick", {"epochs": 4}, "bob")
    replaced = presets.save("train", "quick", {"epochs": 4}, "bob", replaces=True)
    assert (replaced.id, presets.get("train", "quick").params) == (quick.id, {"epochs": 4})
    other = presets.save("train", "a long one", {}, "")
    presets.save("heat", "quick", {}, "")
    assert [one.name for one in presets.of("train")] == ["a long one", "quick"]
    assert presets.rename("train", other.id, "long").name == "long"
    assert presets.rename("train", other.id, "long").id == other.id
    with pytest.raises(WrongStateError, match="already"):
        presets.rename("train", other.id, "quick")
    presets.delete("train", quick.id)
    for wanted in (quick.id, "quick"):
        with pytest.raises(PresetNotFoundError, match="renamed or removed"):
            presets.get("train", wanted)
    with pytest.raises(PresetNotFoundError):
        presets.delete("heat", other.id)  # of another experiment


def test_there_are_not_endless_presets(presets: PresetKeep, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("flasklab.services.preset_keep.MOST_PRESETS", 1)
    presets.save("train", "one", {}, "")
    with pytest.raises(WrongStateError, match="remove one first"):
        presets.save("train", "two", {}, "")
    presets.save("train", "one", {"a": 1}, "", replaces=True)


def test_a_file_that_a_preset_names_is_not_swept_away(presets: PresetKeep, store: Store) -> None:
    saved = presets.save("train", "one", {"data": {"file": "a.csv", "sha256": "ab" * 32, "size": 3}}, "")
    with store.read() as unit:
        assert unit.keeping.upload_references() == {"ab" * 32}
    presets.delete("train", saved.id)
    with store.read() as unit:
        assert unit.keeping.upload_references() == set()
