from __future__ import annotations

import pytest

from flasklab.services.run_files import _safe


@pytest.mark.parametrize(
    ("name", "member"),
    [
        ("model.joblib", "model.joblib"),
        ("plots/loss (step 10).png", "plots/loss (step 10).png"),
        ("../../.ssh/authorized_keys", ".ssh/authorized_keys"),
        ("/etc/passwd", "etc/passwd"),
        ("..\\..\\windows\\win.ini", "windows/win.ini"),
        ("C:/x", "C_/x"),
        ("a//./b", "a/b"),
        ("..", "unnamed"),
        ("", "unnamed"),
    ],
)
def test_no_name_leads_out_of_the_folder_a_zip_is_unpacked_in(name: str, member: str) -> None:
    assert _safe(name) == member
