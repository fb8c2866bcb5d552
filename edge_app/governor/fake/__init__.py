"""A simulated machine: a model makes up every number. ``edge-app governor simulate`` and tests run on it."""

from edge_app.governor.fake.kernel import FakeKernel, Fault
from edge_app.governor.fake.plant import Body, Demand
from edge_app.governor.fake.profiles import PARTS, Profile
from edge_app.governor.fake.tree import Caller

__all__ = ["PARTS", "Body", "Caller", "Demand", "FakeKernel", "Fault", "Profile"]
