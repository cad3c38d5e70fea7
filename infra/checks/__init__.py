"""What must hold in the synthesized templates, as functions that return findings.

The tests demand that there are none; `infra.mutations` plants mistakes and demands that there are some.
"""
