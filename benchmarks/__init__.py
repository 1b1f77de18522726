"""Side-by-side measurements against scikit-learn; `make bench` runs them all."""
