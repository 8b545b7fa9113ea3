"""The page itself, in Gradio: a place to drop a file on, and the answer below it."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from typing import Any

import gradio as gr

from resgat.app.style import OURS, STYLE
from resgat.report.html.markup import Markup, element

logger = logging.getLogger(__name__)

TITLE = "resgat: is this face real?"

#: What the page is told to answer: a token in, the verdict and then the comparison out.
Answer = Callable[[str], Iterator[tuple[Markup, Markup]]]

_HEAD = f'<style>{STYLE}</style><meta name="referrer" content="no-referrer">'
_CSS = """
.gradio-container .fillable { max-width: 1040px !important; padding: 20px 16px !important; }
.resgat .html-container { padding: 0 !important; }
#token, #drop a, #drop [data-testid="status-tracker"] { display: none; }
footer { display: none !important; }
"""
#: Fonts of the reader's own machine.
_THEME = gr.themes.Default(
    font=[gr.themes.Font("system-ui"), gr.themes.Font("sans-serif")],
    font_mono=[gr.themes.Font("ui-monospace"), gr.themes.Font("monospace")],
)
#: How Gradio is mounted; no analytics, no history, no link to anywhere.
MOUNTED: dict[str, Any] = {
    "footer_links": [],
    "run_history": False,
    "ssr_mode": False,
    "pwa": False,
    "mcp_server": False,
    "enable_monitoring": False,
    "show_error": True,
    "theme": _THEME,
    "css": _CSS,
    "head": _HEAD,
}


def build_page(
    answer: Answer, *, lead: Markup, limits: Markup, workers: int, room: int
) -> gr.Blocks:
    """Build the page.

    Args:
        answer: Judges the upload of a token.
        lead: What stands above the place to drop files on.
        limits: What a verdict cannot say.
        workers: Files judged at the same time.
        room: Files that may wait.
    """
    page = gr.Blocks(title=TITLE, analytics_enabled=False)
    with page:
        _ours(lead)
        # Without file_types and a largest size: Gradio's own refusals write a file's name into the
        # page as HTML.
        file = gr.File(label="Drop an image or a clip here", height=170, elem_id="drop")
        token = gr.Textbox(elem_id="token", show_label=False, container=False)
        said, compared = _ours(Markup(""), "said"), _ours(Markup(""), "compared")
        _ours(limits)
        # Gradio would move or fetch a file that a message names: only the token goes.
        sent = file.upload(None, file, token, js="(file) => file.path", api_visibility="private")
        done = sent.then(
            in_words(answer),
            token,
            [said, compared],
            concurrency_limit=workers,
            show_progress="full",
            show_progress_on=[said],
            api_name="judge",
        )
        done.then(None, None, file, js="() => null")
    # Gradio keeps what every session was last told; here nobody comes back to it.
    page.state_session_capacity = 1
    page.queue(max_size=room + workers)
    return page


def _ours(inner: Markup, elem_id: str | None = None) -> gr.HTML:
    return gr.HTML(inner, elem_id=elem_id, elem_classes=[OURS], apply_default_css=False)


def in_words(answer: Answer) -> Answer:
    """Keep the trace of a bug of ours in the log, and say on the page that there was one."""

    def answered(token: str) -> Iterator[tuple[Markup, Markup]]:
        try:
            yield from answer(token)
        except Exception as error:
            logger.exception("an upload could not be judged")
            words = (
                "Something went wrong here. It is not the file's fault; the server's log has it."
            )
            raise gr.Error(words, print_exception=False) from error

    return answered


def lead_of(model: str, accepts: str) -> Markup:
    """Say what the page does and what it takes."""
    return element(
        "section",
        element("h1", TITLE),
        element("p", f"{model}. {accepts}", class_="note"),
        class_="lead",
    )
