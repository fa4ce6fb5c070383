"""The whole paths of a moderator, a designer and a researcher in a real browser, from an empty folder."""

from pathlib import Path

import pytest

from tests.waiting import until
from windtunnel.analysis.view.site import Site

FIXTURES = Path(__file__).resolve().parents[2] / "fixtures"


@pytest.mark.slow
def test_a_designer_compares_and_a_researcher_watches_from_an_empty_folder(
    chromium, served, heard, tmp_path, monkeypatch
):
    """Three policies under a goal with limits, the comparison and its memo; then two of the twins, where they part."""
    monkeypatch.chdir(tmp_path)
    site, faults = Site(tmp_path, "."), []
    with served(site) as where:
        context = chromium.new_context(accept_downloads=True)
        page = context.new_page()
        page.set_default_timeout(90_000)
        heard(page, where.split("/?")[0], faults)
        page.goto(where)
        page.click("nav >> text=Choose")
        for name in ("slow_mode", "rule_reminder", "thread_lock"):
            page.check(f"input[value={name}]")
        page.click("text=Show their parameters")
        page.fill("input[name='param.slow_mode.hours']", "4")
        for name, value in (("size", "40"), ("steps", "12"), ("draws", "4"), ("seeds", "1")):
            page.fill(f"input[name={name}]", value)
        page.fill("input[name=goal]", "less hostile_share")
        page.fill("textarea[name=limits]", "civil_posts>=-40%\nat most 50 moderator_actions a day")
        page.click("text=What would it take?")
        assert "3 cells" in page.inner_text("section[aria-labelledby=taken]")
        page.click("text=Run the comparison")
        page.wait_for_selector("text=For a memo")
        page.wait_for_selector("[role=status]", state="detached")
        assert page.locator("#cells li").count() == 3
        answer = page.inner_text("section.three")
        assert "Inside this model" in answer and "fidelity" in answer
        with page.expect_download() as saved:
            page.click("text=Save the memo")
        assert "| policy |" in Path(saved.value.path()).read_text(encoding="utf-8")
        page.click("#cells >> text=watch >> nth=2")
        page.wait_for_selector("text=All pairs")
        page.click("a.pair >> nth=1")
        page.wait_for_selector("#acts h2")
        page.click("#acts tbody a >> nth=0")
        page.wait_for_selector("#member >> text=came out as recorded")
        context.close()
    assert faults == []


@pytest.mark.slow
def test_a_moderator_from_an_empty_folder_to_an_answer(chromium, served, tmp_path, monkeypatch):
    """Bring in a file, label, open the thread, ask three acts, read, save: by mouse and keys, as a person does."""
    monkeypatch.chdir(tmp_path)
    site = Site(tmp_path, ".", excerpts=True)
    with served(site) as where:
        context = chromium.new_context(accept_downloads=True)
        page = context.new_page()
        page.set_default_timeout(90_000)
        page.goto(where)
        page.click("text=Bring in")
        page.set_input_files("input[type=file]", str(FIXTURES / "posts_small.csv"))
        page.click("text=Send it")
        page.click("text=Bring it in")
        page.wait_for_selector("text=Label thirty posts")
        page.click("text=Label thirty posts")
        page.wait_for_selector("[data-key='1']")
        page.wait_for_load_state("load")
        while page.locator("[data-key='1']").count():
            with page.expect_navigation():
                page.keyboard.press("1")
        page.click("text=Give these labels to the record")
        page.wait_for_selector("text=labels of this record")
        page.click("table a >> nth=0")
        for act in ("Lock the thread", "Remove it", "Warn"):
            page.click("text=from here on … >> nth=2")
            page.click(f"button:has-text('{act}')")
            page.wait_for_selector("text=How sure:")
            page.click("text=Ask something else of this thread")
        assert page.locator("section[aria-labelledby=asked] tbody tr").count() == 3
        page.click("section[aria-labelledby=asked] tbody a >> nth=0")
        with page.expect_download() as saved:
            page.click("text=Save this page as one file")
        html = Path(saved.value.path()).read_text(encoding="utf-8")
        assert "How sure:" in html and "<script" not in html
        context.close()
    until(lambda: not any(job.is_open for job in site.jobs.all()))
    assert all(job.state == "done" for job in site.jobs.all())
