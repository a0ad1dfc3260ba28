"""The pages in a real browser: speed, keyboard, what a screen reader gets, and that nothing overlaps."""

import shutil

import pytest

from autograder.report.class_page import class_page
from autograder.report.student import student_page

playwright = pytest.importorskip("playwright.sync_api", reason="the extra `browser` is not installed")
BROWSER = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
pytestmark = pytest.mark.skipif(BROWSER is None, reason="no Chromium is installed")
QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
]
SAYS = {"elu-backward-alpha": ("1.5", "the slope is α")}
OVERLAPS = """() => {
  const seen = (e) => e.getBoundingClientRect().height && !e.closest("details:not([open]) > :not(summary)");
  const boxes = [...document.querySelectorAll("h1,h2,h3,p,.wide,svg,.controls,.facts,pre,summary")].filter(seen);
  const rects = boxes.map((e) => e.getBoundingClientRect());
  const apart = (x, y) => x.left >= y.right - 1 || y.left >= x.right - 1 || x.top >= y.bottom - 1 || y.top >= x.bottom - 1;
  const found = [];
  boxes.forEach((a, i) => boxes.forEach((b, j) => {
    if (i < j && !a.contains(b) && !b.contains(a) && !apart(rects[i], rects[j])) found.push([a, b].map((e) => e.outerHTML.slice(0, 60)));
  }));
  return found;
}"""


@pytest.fixture(scope="module")
def browser():
    with playwright.sync_playwright() as driver:
        made = driver.chromium.launch(executable_path=BROWSER, args=QUIET)
        yield made
        made.close()


@pytest.fixture
def opened(browser, tmp_path):
    pages = []

    def open_page(html: str, **options):
        (tmp_path / "page.html").write_text(html, encoding="utf-8")
        page = browser.new_page(**options)
        page.problems = []
        page.on("pageerror", lambda error: page.problems.append(str(error)))
        page.on("request", lambda request: page.problems.append(request.url) if not request.url.startswith("file://") else None)
        page.goto((tmp_path / "page.html").as_uri())
        pages.append(page)
        return page

    yield open_page
    for page in pages:
        assert page.problems == []
        page.close()


def test_three_thousand_students_open_within_two_seconds_and_sort_at_once(opened, made_up):
    page = opened(class_page(made_up(3000), SAYS))
    assert page.evaluate("performance.timing.loadEventEnd - performance.timing.navigationStart") < 2000
    assert page.locator("#students tbody tr").count() == 50
    began = page.evaluate("performance.now()")
    page.locator("#students thead button", has_text="points").click()
    assert page.evaluate("performance.now()") - began < 1000
    points = [float(text) for text in page.locator("#students tbody tr td:nth-child(3)").all_inner_texts()]
    assert points == sorted(points, reverse=True)


def test_the_table_filters_by_words_and_by_what_was_lost(opened, made_up):
    page = opened(class_page(made_up(120), SAYS))
    assert page.locator("#shown").inner_text() == "1 to 50 of 120"
    page.fill("#filter", "100007")
    assert page.locator("#students tbody tr").count() == 1
    page.fill("#filter", "")
    page.select_option("#lost", "1.5")
    column = page.locator("#students thead th").all_inner_texts().index("1.5") + 1
    assert all(float(text) < 3 for text in page.locator(f"#students tbody tr td:nth-child({column})").all_inner_texts())


def test_the_keyboard_reaches_filter_pages_and_titles(opened, made_up):
    page = opened(class_page(made_up(120), SAYS))
    page.focus("#filter")
    seen = []
    for _ in range(6):
        page.keyboard.press("Tab")
        seen.append(page.evaluate("document.activeElement.id || document.activeElement.textContent"))
    assert seen[:2] == ["lost", "on"] and "name" in seen
    page.keyboard.press("Enter")
    assert page.locator("#students thead th[aria-sort=ascending], #students thead th[aria-sort=descending]").count() == 1


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("kind", ["class", "student"])
def test_a_page_has_no_fault_of_accessibility_and_nothing_overlaps(opened, made_up, scheme, kind, tmp_path):
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="the extra `browser` is not installed")
    found = made_up(50)
    drawn = next(result for _, result in found.graded if any(q.histograms for q in result.questions))
    html = class_page(found, SAYS) if kind == "class" else student_page(drawn, "Ann", {1: "Activation functions"})
    page = opened(html, color_scheme=scheme, viewport={"width": 1100, "height": 900}, bypass_csp=True)
    outcome = axe.Axe().run(page)
    assert outcome.violations_count == 0, outcome.generate_report()
    assert page.evaluate(OVERLAPS) == []
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    assert len(page.screenshot(path=tmp_path / "page.png", full_page=True)) > 10_000


@pytest.mark.parametrize("kind", ["class", "student"])
def test_a_narrow_screen_scrolls_tables_and_not_the_page(opened, made_up, kind):
    found = made_up(50)
    drawn = next(result for _, result in found.graded if any(q.histograms for q in result.questions))
    html = class_page(found, SAYS) if kind == "class" else student_page(drawn, "Ann")
    page = opened(html, viewport={"width": 380, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    assert page.evaluate(OVERLAPS) == []
