"""A visitor without a browser, who speaks Streamlit's protocol and may send what no page would."""

from contextlib import contextmanager
from dataclasses import dataclass, field

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.sync.client import connect

PATIENCE = 60.0  # seconds


@dataclass
class Visitor:
    """An open session.

    Attributes:
        socket: the websocket.
        elements: of the newest answer, list of Streamlit's Element.
        fragments: ids of the fragments that the newest answer holds.
        page, query: what was asked for last, which every message repeats.
    """

    socket: object
    elements: list = field(default_factory=list)
    fragments: set = field(default_factory=set)
    page: str = ""
    query: str = ""

    def open(self, page="", query=""):
        """Ask for a page and read it to its end."""
        self.page, self.query = page, query
        return self._ask(BackMsg())

    def press(self, label, values=None, of=None):
        """Press a button, shown or not.

        Args:
            label: of the button.
            values: dict from the label of a text field to what is typed there.
            of: Visitor whose newest answer holds the button; this one when None.
        """
        ask = BackMsg()
        widgets = ask.rerun_script.widget_states.widgets
        widgets.add(id=(of or self)._id("button", label), trigger_value=True)
        for name, text in (values or {}).items():
            widgets.add(id=self._id("text_input", name), string_value=text)
        return self._ask(ask)

    def texts(self, kind):
        """Texts of all elements of a kind, such as "alert" or "markdown"."""
        return [getattr(one, kind).body for one in self.elements if one.WhichOneof("type") == kind]

    def labels(self, kind):
        """Labels of all widgets of a kind, such as "button"."""
        return [getattr(one, kind).label for one in self.elements if one.WhichOneof("type") == kind]

    def exceptions(self):
        return [one.exception.message for one in self.elements if one.WhichOneof("type") == "exception"]

    def _id(self, kind, label):
        found = [getattr(one, kind) for one in self.elements if one.WhichOneof("type") == kind]
        return next(one.id for one in found if one.label == label)

    def _ask(self, message):
        message.rerun_script.page_name = self.page
        message.rerun_script.query_string = self.query
        self.socket.send(message.SerializeToString())
        self.elements, self.fragments = [], set()
        while True:
            answer = ForwardMsg.FromString(self.socket.recv(timeout=PATIENCE))
            if answer.HasField("delta") and answer.delta.HasField("new_element"):
                self.elements.append(answer.delta.new_element)
                self.fragments |= {answer.delta.fragment_id} - {""}
            if answer.HasField("script_finished"):
                return self


@contextmanager
def visiting(address, cookie=None, origin=None, headers=None):
    """A Visitor of the app at an address; websockets' exceptions where the server lets nobody in."""
    headers = dict(headers or {}) | ({"Cookie": f"_streamlit_xsrf={cookie}"} if cookie else {})
    url = f"{address.replace('http', 'ws', 1)}/_stcore/stream"
    with connect(url, subprotocols=["streamlit"], origin=origin, additional_headers=headers) as socket:
        yield Visitor(socket)


def cookie(token, mask=b"mask"):
    """A cookie as Streamlit gives it; the same visitor's for the same token (bytes)."""
    masked = bytes(byte ^ mask[index % len(mask)] for index, byte in enumerate(token))
    return f"2|{mask.hex()}|{masked.hex()}|1795350430"
