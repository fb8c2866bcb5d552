"""The baseline without a language model: character n-grams and logistic regression on the same generated reports."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from edge_app.distill.cases import Case, Codes
from edge_app.distill.examples import generate
from edge_app.distill.lexicon import Split
from edge_app.domain.verdict import Disposition, Status

_FIELDS = ("status", "category", "severity")


@dataclass(frozen=True, slots=True)
class Baseline:
    """One classifier a code; the disposition follows from the category."""

    features: Any
    classifiers: dict[str, Any]
    table: dict[str, str]

    def say(self, texts: Sequence[str]) -> list[Codes]:
        """Codes of every report."""
        vectors = self.features.transform(texts)
        told = {name: self.classifiers[name].predict(vectors) for name in _FIELDS}
        rows = zip(*(map(str, told[name]) for name in _FIELDS), strict=True)
        return [
            Codes(status, category, severity, self._disposition(status, category))
            for status, category, severity in rows
        ]

    def _disposition(self, status: str, category: str) -> str:
        if status == Status.PASS:
            return Disposition.ACCEPT
        return self.table.get(category, Disposition.HOLD) if status == Status.FAIL else Disposition.HOLD


def train_baseline(count: int, table: dict[str, str]) -> Baseline:
    """Trained on ``count`` generated reports of the training split."""
    from sklearn.feature_extraction.text import TfidfVectorizer  # noqa: PLC0415  extra `prepare`
    from sklearn.linear_model import LogisticRegression  # noqa: PLC0415

    reports = [generate(f"b{number}", Split.TRAIN) for number in range(count)]
    features = TfidfVectorizer(
        analyzer="char_wb", ngram_range=(1, 4), min_df=3, max_features=100_000, sublinear_tf=True
    )
    vectors = features.fit_transform(report.content for report in reports)
    classifiers = {}
    for name in _FIELDS:
        labels = [str(getattr(report.label, name)) for report in reports]
        classifiers[name] = LogisticRegression(C=10.0, max_iter=300).fit(vectors, labels)
    return Baseline(features, classifiers, table)


def majority(cases: Sequence[Case]) -> list[Codes]:
    """The constant answer of the training reports: FAIL of the most frequent kind."""
    labels = [generate(f"b{number}", Split.TRAIN).label for number in range(2000)]
    common = {name: _most_frequent([str(getattr(label, name)) for label in labels]) for name in _FIELDS}
    return [Codes(common["status"], common["category"], common["severity"], Disposition.HOLD)] * len(cases)


def _most_frequent(values: list[str]) -> str:
    return max(sorted(set(values)), key=values.count)
