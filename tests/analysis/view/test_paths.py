"""A request names paths inside the folder, and no others."""

import pytest

OUTSIDE = [
    "..",
    "../x",
    "a/../../x",
    "/etc/passwd",
    "~/x",
    "a\\..\\..\\x",
    "..\\x",
    ".windtunnel/pseudonym.key",
    "a/.windtunnel/pseudonym.key",
    ".git/config",
    "a\0b",
    "a\nb",
    "a" * 2000,
    "out",
]


@pytest.mark.parametrize("path", OUTSIDE)
def test_a_path_outside_is_refused(site, tmp_path_factory, path):
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    (elsewhere / "page.html").write_text("secret")
    (site.folder / "out").symlink_to(elsewhere)
    with pytest.raises(ValueError, match="inside it"):
        site.path(path)


@pytest.mark.parametrize(
    "path",
    [
        "%2e%2e/x.html",
        "..%2fx.html",
        "%2e%2e%2fx.html",
        "out/page.html",
        ".hidden/x.html",
        "a%00.html",
        "x.parquet",
        "x.key",
    ],
)
def test_no_file_outside_or_of_another_kind_is_sent(browser, site, tmp_path_factory, path):
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    for place in (
        elsewhere / "page.html",
        site.folder.parent / "x.html",
        site.folder / "x.parquet",
        site.folder / "x.key",
    ):
        place.write_text("secret")
    (site.folder / ".hidden").mkdir()
    (site.folder / ".hidden" / "x.html").write_text("secret")
    (site.folder / "out").symlink_to(elsewhere)
    answer = browser.get(f"/files/{path}")
    assert answer.status_code in (400, 404) and "secret" not in answer.text


def test_a_written_report_is_sent_and_no_script_runs_in_it(browser, site):
    (site.folder / "report.html").write_text("<p>report</p><script>alert(1)</script>")
    answer = browser.get("/files/report.html")
    assert answer.status_code == 200
    assert "sandbox" in answer.headers["content-security-policy"]
    assert "script-src" not in answer.headers["content-security-policy"]


def test_a_name_with_signs_is_a_name(browser, site):
    (site.folder / "é (1) & ok.html").write_text("<p>report</p>")
    assert browser.get("/files/é (1) & ok.html").status_code == 200
