"""Elements that run in the browser, and parts that several pages share. Only here and on pages: Streamlit."""
