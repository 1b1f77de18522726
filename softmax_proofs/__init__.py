"""The proofs of the book: what its chapters state, and how each statement is proved and measured.

``softmax_proofs.derivation``
    The ledger in which a chapter states its definitions and results; a result that does not hold is refused.
``softmax_proofs.symbolic``
    The letters of the ledger, with sums over a symbolic number of classes and entries of matrices, in SymPy.
``softmax_proofs.points``
    The random points at which every statement is measured, on a road that shares nothing with SymPy's calculus.
``softmax_proofs.claims``
    A check for each of the 131 claims of the three sources, whose verdict is computed.
``softmax_proofs.exercises``
    A judge for each exercise of the chapters, which `softmax_lib.check_answer` asks for.

The companion library, `softmax_lib`, knows nothing of this package, but for the door to the judges, which opens when
it is called.  Nothing is imported until a module is asked for: ``from softmax_proofs.derivation import Derivation``,
then ``from softmax_proofs.symbolic import *``.
"""
