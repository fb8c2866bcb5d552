"""The commands of ``edge-app``, grouped as the help shows them."""
