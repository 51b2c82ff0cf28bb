"""The picture of an app: its graph, its layout, and the same as text, SVG and Mermaid."""
