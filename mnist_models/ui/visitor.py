"""Who looks at this page, and what they may do with a run."""

from contextlib import contextmanager

import streamlit as st

from mnist_models.runs import visitors
from mnist_models.runs.records import Refused
from mnist_models.runs.settings import Settings
from mnist_models.ui.run_settings import connect

SOMEBODY_ELSES = "Somebody else started this run."
_COOKIE = "_streamlit_xsrf"  # Streamlit's own, kept by the browser over reloads
_FOREIGN = "This app cannot be used from within another site's page. Open its own address instead."


def visitor():
    """The name of the browser that shows this page; without cookies it lasts as long as the page."""
    if "visitor" not in st.session_state:
        headers = st.context.headers
        proxies = Settings.load().proxies
        address = visitors.address(st.context.ip_address, headers.get_all("X-Forwarded-For"), proxies)
        st.session_state.visitor = visitors.name(st.context.cookies.get(_COOKIE), address)
    return st.session_state.visitor


def stop_foreign_pages():
    """End the script for a page of another origin, such as one that another port of this machine serves.

    Streamlit refuses other sites, but lets in pages of this machine's other ports, to which a browser
    gives the same cookies. With `server.enableCORS = false` it lets in everybody, as was asked of it.
    """
    headers = st.context.headers
    allowed = st.get_option("server.corsAllowedOrigins")
    if st.get_option("server.enableCORS") and not visitors.is_of_this_page(
        headers.get("Origin"), headers.get("Host"), allowed
    ):
        st.error(_FOREIGN)
        st.stop()


def may_change(settings, run):
    """Whether whoever looks at this page may share, stop, continue, rename and delete a run.

    Args:
        settings: runs.settings.Settings.
        run: runs.records.Run.
    """
    return settings.shared or run.visitor == visitor()


@contextmanager
def changing(settings, run_id):
    """The database, for somebody who changes a run: the one way for pages to do so.

    A button that is not shown, or shown disabled, can still be pressed by whoever writes the browser's
    messages by hand. So this is asked where the deed is done.

    Yields:
        database.Database.

    Raises:
        records.Refused: when the run is somebody else's.
        records.UnknownRun
        database.Unavailable
    """
    with connect(settings) as db:
        if not may_change(settings, db.runs.get(run_id)):
            raise Refused(SOMEBODY_ELSES)
        yield db
