"""Names of televisions, boxes, sticks and projectors that run Android and do not say so: their user agents are a tablet's."""

import re
from typing import Final

_INCHES: Final = "(?:19|2[0234678]|32|39|4[0235689]|50|55|58|6[05]|7[057]|8[2356]|98)"

_FIRMWARE: Final = (
    r"build/[l-z]t[gmot][0-9a-z]\.",  # branches of Android TV and Google TV: PTT1, RTM6, STTL, QTG3
    r"build/ppr2\.180905\.006\.a1",  # what makers of television boards build from
    r"build/tp1a\.220905\.004\.a2",
    r"build/opr5\.170623\.014",
    r"build/rd2a\.211001\.002",
    r"build/(?:ns|ps|rs)\d{4}",  # Fire OS of sticks and televisions
)
_BY_SIZE: Final = (
    rf"{_INCHES}[a-z]{{1,5}}[-_]?\d{{2}}\w*",  # 43U600, 32LEX_7168
    rf"{_INCHES}[a-z]{{2,5}}-[a-z]{{3,5}}",
    rf"[a-z]{{1,4}}[-_]?{_INCHES}[a-z]{{1,5}}\d\w*",  # H32F8000C, MLT43FSX02
    rf"[a-z0-9]{{1,8}}[ _-]led[ _-]?{_INCHES}\w*",
)
_MAKERS: Final = (
    *("a95x", "accesstyle", "akai_?ta", "alfawise", "allente", "allwinner nitro", "amigo7x?", "andowl", "asano", "as4k", "atom-1", "atom-2"),
    *("b-stream", "beelink", "bqeel", "centek", "ct-8[0-9]{3}", "cvte_", "cyclone x", "dexp al-", "digifors", "divisat", "j-link", "optima_t"),
    *("dolamee", "dreamstar", "dune", "dv8[0-9]{3}", "dvs x", "eagle elite", "evpad", "fengmi", "formuler", "fundroid", "gazal", "geotex"),
    *("gi uni", "gi-98", "gi fly", "goldmaster", "gtx-", "gt-?king", "gs-?king", "gt1-?mini", "h96", "haieratv", "hb-[12]000", "hiberg", "hiremco"),
    *("hisense ?tv", "hk1", "hst [0-9]", "i96", "iconbit (?:xds|movie|toucan|xlr)", "xds[0-9]{2,4}", "toucan smart", "invin", "ip-[0-9]{2} max"),
    *("iron\\+", "kant-3", "kb2", "ki plus", "kii? pro", "kivi", "km[0-9]{1,2}(?:pro| pro)?", "kogantv", "korax", "lime ?z", "loview", "m8s", "magicsee"),
    *("matador", "me-?cool", "bb2 pro", "mini ?m8s", "minix", "neo-[xuzg][0-9]", "mnbp-", "mk80[0-9]", "mlt[0-9]{2}", "mx10", "mxq", "mxiii", "mx9"),
    *("n5 ?nova", "n5 ?max", "nebula", "d2140", "netbox", "netta", "nexbox", "nexon x", "nexus player", "ng[0-9]{4}hd", "nogapc", "noontec"),
    *("nv-?[57][0-9]{2}[a-z]*", "orbsmart", "ottplayer", "ozonehd", "pab4[0-9]{3}", "panodic", "path_[0-9]", "pendoo", "pipo_x", "polar_[a-z]", "polarline"),
    *("provision s", "qm16[0-9]e", "rasse-", "red [0-9]{2}", "rikomagic", "rombica", "ssq-", "s[5-9]00 max", "sambox", "sber[a-z]*", "sbdv-", "sdott"),
    *("sdstb", "sei[0-9]{3}", "selenga", "sfcstb", "silelis", "smart_starwind", "smotreshka", "soullink", "spc_alien", "spider", "spybox", "sunvell"),
    *("sunwell", "svicloud", "t95", "t95[a-z]{1,2} ?(?:plus|pro|max)?", "t96", "tanix", "tb-[bp]o?[0-9]{1,2}", "technosat", "topsion", "tox[0-9]", "tr99"),
    *("transpeed", "tronsmart", "draco h", "vega s9", "tvb-", "tvs-", "tx[0-9](?:s|pro|mini|max|plus)*", "ugoos", "vekta", "vinga", "vmp-?[0-9]", "vol001"),
    *("vontar", "vorke", "wetek", "white x", "x88", "x92", "x96", "x98mini", "x99", "xgimi", "yndx-", "youwei", "yundoo", "zidoo"),
)  # fmt: skip
TELEVISION_MODEL: Final = re.compile(
    rf"(?<![a-z0-9])(?:{'|'.join((*_FIRMWARE, *_BY_SIZE, *_MAKERS))})", re.IGNORECASE
)  # fmt: skip
