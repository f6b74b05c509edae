"""Markdown: a plan as a comment on a pull request, made from its JSON as the terminal's text is.

``page`` puts it together within the length that code hosts allow; ``inline`` writes names and tables so that no name
can break out of them; ``diff`` writes differences with their signs in the first column. What a change is called, and
how its difference is laid out, is `kvmplan.review.plan_text`'s business.
"""

from kvmplan.review.markdown.page import LIMIT, plan_markdown

__all__ = ["LIMIT", "plan_markdown"]
