"""How sampling plans, sample sizes and counts are written: patterns for folded text."""

from __future__ import annotations

import re
from typing import Final

_EACH: Final = r"\s*(?:数|number|on|at|=|:|为|is)?\s*(?:=|:)?\s*"
PLAN: Final = re.compile(
    rf"(?<![A-Za-z])(?:Ac|AC|ac|[Aa]ccept(?:ance)?|允收|接收|接受|合格判定)\d?{_EACH}(?P<accept>\d+)\s*[,;/、|\-]?\s*(?:and\s+)?"
    rf"(?:Re|RE|re|[Rr]ej(?:ect(?:ion)?)?|拒收|拒绝|不合格判定)\d?{_EACH}(?P<reject>\d+)"
    r"|(?<![A-Za-z])[Aa][Cc]\s*/\s*[Rr][Ee]\s*[=:(]?\s*(?P<accept2>\d+)\s*[/,]\s*(?P<reject2>\d+)"
    r"|(?:允收|接收)\s*/\s*(?:拒收|拒绝)\s*[=:(]?\s*(?P<accept3>\d+)\s*[/,]\s*(?P<reject3>\d+)"
    r"|(?<![\d.])(?P<accept4>\d+)\s*收\s*[,/]?\s*(?P<reject4>\d+)\s*[退拒]"
    r"|(?<![\d.])收\s*(?P<accept7>\d+)\s*[,/、]?\s*[退拒]收?\s*(?P<reject7>\d+)"
    r"|(?<![A-Za-z])[Ll]imit\s*(?P<accept8>\d+)\s*[,;、]\s*[Rr]eject\s*(?:from|at|on)?\s*(?P<reject8>\d+)"
    r"|判定数\s*[:=]?\s*[\[(]\s*(?P<accept9>\d+)\s*[,;/、]\s*(?P<reject9>\d+)\s*[\])]"
    r"|(?:方案|(?<![A-Za-z])[Pp]lan)\s*\(\s*(?:n\s*=\s*)?\d+\s*[;,]\s*(?P<accept10>\d+)\s*[,;/、]\s*(?P<reject10>\d+)\s*\)"
    r"|(?P<accept11>\d+)\s*[只件个]\s*(?:以内|及以下|以下)\s*(?:允收|接收|收)\s*[,;]?\s*(?P<reject11>\d+)\s*[只件个]\s*(?:起|及以上|以上)?\s*就?[退拒]"
    r"|最多(?:允许)?\s*(?P<accept12>\d+)\s*[只件个]?\s*[,;、]?\s*[到满]?\s*(?P<reject12>\d+)\s*[只件个]?\s*起?就?[退拒]"
    r"|(?:允许|[Aa]llowed|[Pp]ermitted)\s*(?P<accept5>\d+)\s*[,;、]?\s*(?:(?:拒收|[Rr]eject)\s*(?:from|at|[自从])?\s*(?P<reject5>\d+)|(?P<reject6>\d+)\s*起?\s*(?:拒收|退|拒))"
    r"|(?<![A-Za-z])c\s*=\s*(?P<only>\d+)"
)
SIZE: Final = re.compile(
    r"(?<![A-Za-z])n\s*=\s*(\d+)|sample(?:\s+size)?\s*(?:of|:|=|is)?\s*(\d+)(?![\d.]|\s+(?!pcs|pieces|units|parts|boards|boxes|from)[a-z])|inspected\s*[:=]?\s*(\d+)|(\d+)\s+(?:inspected|sampled)|(?:方案|plan)\s*\(\s*(\d+)(?=\s*[;,])"
    r"|(?:抽样|抽检|抽取|抽查|样本量?|检验|抽)(?:数|量|数量)?\s*[:=为]?\s*(\d+)",
    re.IGNORECASE,
)
FOUND: Final = re.compile(
    r"(?:found|defects?|defectives?|rejects|nonconforming|nonconformities|failures)\s*[:=]?\s*(\d+)(?!\s*/)"
    r"|(\d+)\s*(?:pcs|pieces|units)?\s*(?:were\s+)?(?:found|defects?|defectives?|nonconforming|nonconformities|rejected|failed|bad|NG)\b"
    r"|(?:发现|检出|不良|不合格|缺陷|实际|实测|实)(?:品|数|件数|品数)?\s*[:=]?\s*(\d+)|(\d+)\s*(?:件|只|个|处|pcs)?\s*(?:不良|不合格|缺陷)"
    r"|(?<![A-Za-z])d\s*=\s*(\d+)|(?<![\d.])(\d+)\s+(?:out\s+)?of\s+\d+"
    r"|(?<![\d.])(\d+)\s*(?:units?|pcs|pieces|parts|boards|boxes|cartons)?\s+(?:with\b|w/)",
    re.IGNORECASE,
)
NONE_FOUND: Final = re.compile(
    r"none\s+found|no\s+(?:defects?|defectives?)|found\s*[:=]?\s*(?:none|nil)|未发现|无不良|未检出", re.IGNORECASE
)
BEFORE_BRACKET: Final = re.compile(r"(\d+)\s*(?:pcs|pieces|件|只|个|处|颗|支)?\s*[(\[][^()\[\]]*$")
OF_NONE: Final = re.compile(
    r"(?<![\d./])(?P<found>\d{1,4})\s*(?:/|of|out\s+of)\s*(?P<size>\d{1,5})(?![\d./])[^,;。\n\d]{0,20}[,(]\s*"
    r"(?:spec|limit|allowed|permitted|requirement|要求|标准|允许|规格)\s*(?:is)?\s*[:=]?\s*(?:none|nil|zero|0|无|不允许|没有)(?![\w.])",
    re.IGNORECASE,
)
ALONE: Final = re.compile(r"[^\S\n]*[,;:\t|→][^\S\n]*(\d{1,4})[^\S\n]*(?=[,;。\n|]|$)")
ALTOGETHER: Final = re.compile(
    r"(?:累计|合计|总计|cumulative(?:ly)?|in\s+all|altogether|running\s+total|total\s+found)\s*(?:found|发现|不良|不合格)?\s*[:=]?\s*(\d+)",
    re.IGNORECASE,
)
"""Of two samples together: what the second plan is held against."""
PIECES: Final = re.compile(
    r"(?<![\d./\-_a-z])(\d{1,4})\s*(?:件|只|个|台|片|块|套|支|根|pcs\b|pieces\b|parts\b|units\b|x\b|×)(?!\s*/)"
    r"|(?<![\d./\-_a-z])(\d{1,4})\s+(?:with|w/|having|showing)\b|[㐀-鿿]\s*(\d{1,4})\s*[,;，]?\s*$|\b[a-z]+\s+(\d{1,4})\s*x?\s*[,;，]?\s*$",
    re.IGNORECASE,
)
_OF_UNITS: Final = r"\s*(?:件|只|个|台|处|片|颗|点|套|pcs|pieces|parts|units|x|×)?"
RIGHT_BEFORE: Final = re.compile(
    rf"(?<![\d.])(\d{{1,4}})\s*/\s*\d{{2,6}}\s*[,;、(\-]\s*$"
    rf"|[a-z\u3400-\u9fff)]\s*(?:[=:]\s*|[x×]|数|共计?|总计|[有占]\s*|\s)?(?<![\d.])(\d{{1,4}}){_OF_UNITS}\s*[,;、(\-]\s*$"
    rf"|(?:^|[:,;]\s*|有)(\d{{1,4}})(?:\s*[x×件只个台处片颗点套]\s*|\s+)(?=[a-z\u3400-\u9fff])[^,;:\d]*[,;、(\-]\s*$"
    rf"|(?<![\d.])(\d{{1,4}})\s+(?:of|in|from|out\s+of)\s+(?:the|a|our)\s+(?:\w+\s+)?sample\b",
    re.IGNORECASE,
)
"""What was counted stands last before the plan: ``真空泡=1,``, ``3/2383,``, ``: 2 in sample,``."""
RIGHT_AFTER: Final = re.compile(
    r"\s*[,;](?!\s*(?:page|sheet|table|hole|pos|cavity|station|box|tray|carton|lot|batch|heat|note|no|nr|line)\b|[^,;。\n]{0,3}[表页第号箱批腔序位])\s*"
    rf"[^\d,;。\n:=]{{1,30}}\s*[:=\s]\s*(\d{{1,4}}){_OF_UNITS}\s*(?=[,;。\n/|]|$)",
    re.IGNORECASE,
)
"""``n=50 Ac=2 Re=3,湿气纹:0``: the plan first, then what was counted."""
PLACE: Final = re.compile(
    r"\b(?:page|sheet|table|hole|pos\w*|cavity|station|box|tray|carton|lot|batch|heat|note|no|nr|line|cell|slot|rev|plan|item|point|pallet|machine|press|level)[.:#\s]*\d+"
    r"|[表页第号箱批腔序位图栏班线机槽]\s*[:#]?\s*\d+|\d+\s*[号#]",
    re.IGNORECASE,
)
SIZE_ALONE: Final = re.compile(r"(?:^|[\s,;。:(])n\s*=\s*\d+\s*[,;]?\s*$|^\s*$", re.IGNORECASE)
BOUND: Final = re.compile(
    r"(?:from\s+(?P<size>\d+)\s+(?:drawn|taken|pulled|sampled)\s*,\s*(?P<found>\d{1,4})\s+(?:bear|have|had|show|with)\b[^,;。\n]*,\s*(?:bound|limit|at\s+most|allowed)"
    r"|抽(?:出|取|了)?\s*(?P<size2>\d+)\s*[件只个]?\s*,\s*[^,;。\n\d]*(?:占|有|共|计)\s*(?P<found2>\d{1,4})\s*[件只个]?\s*,\s*(?:界限?|上限|限|允许)"
    r"|抽(?:出|取|了)?\s*(?P<size3>\d+)\s*[件只个]\s*,\s*[^,;。\n\d]*?(?P<found3>\d{1,4})\s*[件只个]\s*,\s*允许"
    r"|sampled\s+(?P<size4>\d+)\s*,\s*(?:[^,;。\n\d]*?(?P<found4>\d{1,4})\s*x|(?P<found5>\d{1,4})\s*x[^,;。\n\d]*)\s*,\s*allowed)"
    r"\s*(?P<accept>\d{1,4})(?![\d.%]|\s*(?:mm|um|cm|级)|\s*[,;]?\s*(?:reject|\d+\s*起?[退拒]))",
    re.IGNORECASE,
)
"""A sample, a count and the most that is allowed, without a number to reject at."""
NEAR: Final = 120
NAME: Final = re.compile(r"[A-Za-z㐀-鿿][A-Za-z㐀-鿿 /-]*")
NO_NAME: Final = re.compile(
    r"(?:AQL|sample|size|found|defects?|defectives?|level|plan|pcs|抽样|抽检|发现|件|只|个|n)\b|抽样|抽检|发现",
    re.IGNORECASE,
)
