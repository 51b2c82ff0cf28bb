"""The diagram of an app: its graph, its layout, and its output as text, SVG and Mermaid."""
