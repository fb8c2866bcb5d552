"""edge_app: inspection reports in, verdicts in SQLite out, on a line PC without internet.

One way through the program::

    intake     a folder is scanned, a settled file becomes an Arrival, is spooled and registered
    readers    bytes → Report (measurements, lots, remarks), each fact with its place in the text
    judging    Report + RulePack → findings → Assessment; compose a Request; conclude a Verdict
    engine     Request → Reply, in a child process that can be killed
    ledger     one transaction: verdict, findings, measurements, request, state
    pipeline   the story above, one arrival at a time; ``build`` wires it, ``service`` runs it

Rules decide, the model advises: a model may raise a verdict with a quote that stands in the
report; it can never lower one.
"""

__version__ = "0.1.0"
