"""Models and firmware of Android televisions, boxes, sticks and projectors whose user agents do not name the device type.

Only the model or the firmware distinguishes such a user agent from that of a tablet or a phone. In the names below, `_` matches a
space, a dash, an underscore or nothing, and `#` matches a digit. A name also matches the beginning of a longer model, unless the
name ends within a number.
"""

import re
from collections.abc import Sequence
from itertools import accumulate
from typing import Final

_SIZE: Final = "(?:19|2[0234678]|32|39|4[0235689]|50|55|58|6[05]|7[057]|8[2356]|98)"
"""Diagonals of televisions in inches, with which many models begin."""

_FIRMWARE: Final = (
    r"build/[l-z]t[gmot][0-9a-z]\.",  # branches of Android TV and Google TV, such as PTT1, RTM6 and STTL
    r"build/ppr2\.180905\.006\.a1",  # builds that makers of television boards start from
    r"build/tp1a\.220905\.004\.a2",
    r"build/opr5\.170623\.014",
)
_NAMED_BY_SIZE: Final = (
    rf"(?<![0-9]_)(?<!build/){_SIZE}[a-z]{{1,5}}[-_]?\d\w*",  # 43U600, 32LEX_7168
    rf"{_SIZE}[a-z]{{2,5}}-[a-z]{{3,5}}",
    rf"(?<!build/)(?!ms\d|ona\d|sn\d|m-mp)[a-z]{{1,5}}[-_]?{_SIZE}[a-z]{{1,5}}\d\w*",  # H32F8000C, MLT43FSX02
)
_MODELS: Final = """
    10moons 3188hd 55xt_ 8k####_ 8k###_ a5x_max a95x ab5116 abx_#10 accesstyle airline_ akai_ta alfawise allente_#
    allwinner_nitro alpsmart amaze_ax amigo7 an_232 and1e andowl artline_kmx as1_hd as4k as51# asano at_1000 atom_1##
    atom_2## b_stream bb2_pro beelink beyond_tv bqeel bt_##f centek ct_8### cvte_ cyclone_x d2140 d2150 dangcap dexp_al
    digifors divisat dolamee dq08 draco_aw draco_h dreamstar dscs9 dune_hd dv8### dv9### dvb_atv dvs_x eagle_classic
    eagle_elite eagle_gold ec6108 en1007 engel eo104k era8k evpad fengmi fo_r15 formuler fundroid gazal_ geotex gi_98 gi_fly
    gi_uni globmall goldmaster gs_king gt1_mini gt_b9150 gt_king gtcombo gtv### gtx_98 gtx_r h10_play h8s h96 h_dmp haieratv
    hb_1000 hb_2000 hiberg hiremco hk1 hlq_max hph07 hst_### i96 i_910 iconbit_movie iconbit_toucan iconbit_xds iconbit_xlr
    imaq_ invin ip_##_max ipc002 iron+ itv9 j_link kanji kant_3## kb2_pro kd1 khadas ki_plus ki_pro kii_pro kiii_pro kivi
    kj_smart kk_max km1 km2 km22 km3 km5pro km9pro kogantv korax lcd_xx legend_rst lime_z limet95 loview lu_v## m8s_max
    m8s_plus m8s_pro m8spro mag### magicsee matador me_cool minim8s minix mk80# mk902 mlt## mnbp_ mortal_t movix mx10 mx11
    mx9 mxiii mxq mygica n5_max n5_nova nebula neo_g# neo_u# neo_x# neo_z# netbox_ netta_ nexbox nexon_x nexus_player
    ng####hd noga_pc noontec novex nv_5## nv_7## openbox optima_t orbsmart orion_r68 ot_dvb ottplayer ozone_hd pab4###
    panodic path_# pendoo perfeo_pf pipo_x# polar_k_ polar_p# polar_w polarline provision_s pyramid_a5x qg9 qk9max qm16#e
    qs02 r68_ii rasse_ red_10_build red_30_build red_60_build rh_le rikomagic rk33## rkm_ rombica rst_b s600_max s700_max
    s800_max s900_pro s_turbo sambox sbdv_ sber sbx### sdmc sdott sdstb sei### selenga sfcstb sh6b7 silelis skystream
    smart_starwind smotreshka soullink spc_alien spybox ssq_ sternenschein sunvell sunwell supermax svicloud swg2001 switron
    t##sgled t##sled t95 t96_mini t96mini tanix tb_b0# tb_g0# tb_po# technosat tesla_xt tf500 tle_## topsion toucan_smart
    tox# tpm###e tr99 transpeed tronsmart tv### tvb_ tvs_ tx#_mini tx#mini tx#s tx3_max tx5_max tx5_pro ugoos ut8
    v10_build/qp v88_build/mx vega_s9# vekta vim# vinga viva_home vmp_0## vol001 vontar vorke wetek wiwa x88 x92 x96_ x96air
    x96max x96q x98_s500 x98mini x99 x_media xds#### xds##k xdsr xgimi xr4500 xs100 y8_max_s9## yndx_0#### you_box youin
    youwei yundoo z28pro zealot zidoo
""".split()  # noqa: SIM905 (one name a line would be 300 lines)


_BY_PATTERN: Final = re.compile(rf"(?<![a-z0-9])(?:{'|'.join((*_FIRMWARE, *_NAMED_BY_SIZE))})", re.IGNORECASE)
_WORD: Final = re.compile("[a-z0-9+/]+")
# Plain strings: compiling all names into one pattern would add 0.1 s to each cold start.
_NAMES: Final = tuple(name.replace("_", "") for name in _MODELS)
_BEGINNINGS: Final = tuple({name.partition("#")[0] for name in _NAMES})
_LONGEST: Final = 6
"""The number of consecutive words that are compared with a name. No name is longer."""


def names_television(text: str) -> bool:
    """Return whether the comments of a user agent contain the model or the firmware of a television or a box."""
    if _BY_PATTERN.search(text):
        return True
    words = _WORD.findall(text.lower())
    return any(_is_name(words[at : at + _LONGEST]) for at in range(len(words)))


def _is_name(words: Sequence[str]) -> bool:
    """Return whether the words, joined, begin with a name."""
    text = "".join(words)
    if not text.startswith(_BEGINNINGS):
        return False
    ends = set(accumulate(map(len, words)))
    return any(_begins(text, name) and (len(name) in ends or not _cuts_number(text, len(name))) for name in _NAMES)


def _begins(text: str, name: str) -> bool:
    matches = (one.isdigit() if wanted == "#" else one == wanted for one, wanted in zip(text, name, strict=False))
    return len(text) >= len(name) and all(matches)


def _cuts_number(text: str, at: int) -> bool:
    return text[at - 1 : at + 1].isdigit() and at < len(text)
