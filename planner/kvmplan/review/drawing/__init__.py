"""Drawings: a configuration and a plan as graphs, written in the languages of Graphviz (DOT) and Mermaid.

`resources`, `evaluation` and `steps` say what is drawn, `dot` and `mermaid` how it is written. An arrow points from
what needs something to what it needs, as in Terraform's graphs. Nothing is laid out here.
"""
