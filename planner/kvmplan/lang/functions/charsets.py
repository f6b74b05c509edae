"""Character sets by the names IANA gives them, as far as Go's x/text has them, and the codecs that stand for them."""

from __future__ import annotations

_NAMES = {
    "ascii": "us-ascii us csascii iso646-us ansi_x3.4-1968 ansi_x3.4-1986 iso-ir-6 iso_646.irv:1991 ibm367 cp367",
    "utf-8": "utf-8 csutf8",
    "utf-16": "utf-16 csutf16",
    "utf-16-be": "utf-16be csutf16be",
    "utf-16-le": "utf-16le csutf16le",
    "iso8859-1": "iso-8859-1 iso_8859-1 iso_8859-1:1987 iso-ir-100 latin1 l1 ibm819 cp819 csisolatin1",
    "iso8859-2": "iso-8859-2 iso_8859-2 iso_8859-2:1987 iso-ir-101 latin2 l2 csisolatin2",
    "iso8859-3": "iso-8859-3 iso_8859-3 iso_8859-3:1988 iso-ir-109 latin3 l3 csisolatin3",
    "iso8859-4": "iso-8859-4 iso_8859-4 iso_8859-4:1988 iso-ir-110 latin4 l4 csisolatin4",
    "iso8859-5": "iso-8859-5 iso_8859-5 iso_8859-5:1988 iso-ir-144 cyrillic csisolatincyrillic",
    "iso8859-6": "iso-8859-6 iso_8859-6 iso_8859-6:1987 iso-ir-127 ecma-114 asmo-708 arabic csisolatinarabic "
    "iso-8859-6-e iso-8859-6-i",
    "iso8859-7": "iso-8859-7 iso_8859-7 iso_8859-7:1987 iso-ir-126 elot_928 ecma-118 greek greek8 csisolatingreek",
    "iso8859-8": "iso-8859-8 iso_8859-8 iso_8859-8:1988 iso-ir-138 hebrew csisolatinhebrew iso-8859-8-i iso-8859-8-e",
    "iso8859-9": "iso-8859-9 iso_8859-9 iso_8859-9:1989 iso-ir-148 latin5 l5 csisolatin5",
    "iso8859-10": "iso-8859-10 iso_8859-10:1992 iso-ir-157 latin6 l6 csisolatin6",
    "iso8859-13": "iso-8859-13 csiso885913",
    "iso8859-14": "iso-8859-14 iso_8859-14 iso_8859-14:1998 iso-ir-199 latin8 l8 iso-celtic csiso885914",
    "iso8859-15": "iso-8859-15 iso_8859-15 latin-9 csiso885915",
    "iso8859-16": "iso-8859-16 iso_8859-16 iso_8859-16:2001 iso-ir-226 latin10 l10 csiso885916",
    "cp037": "ibm037 cp037 ebcdic-cp-us ebcdic-cp-ca ebcdic-cp-wt ebcdic-cp-nl csibm037",
    "cp437": "ibm437 cp437 437 cspc8codepage437",
    "cp850": "ibm850 cp850 850 cspc850multilingual",
    "cp852": "ibm852 cp852 852 cspcp852",
    "cp855": "ibm855 cp855 855 csibm855",
    "cp858": "ibm00858 ccsid00858 cp00858 pc-multilingual-850+euro csibm00858",
    "cp860": "ibm860 cp860 860 csibm860",
    "cp862": "ibm862 cp862 862 cspc862latinhebrew",
    "cp863": "ibm863 cp863 863 csibm863",
    "cp865": "ibm865 cp865 865 csibm865",
    "cp866": "ibm866 cp866 866 csibm866",
    "cp1140": "ibm01140 ccsid01140 cp01140 csibm01140 ibm1047",
    "koi8-r": "koi8-r cskoi8r",
    "koi8-u": "koi8-u cskoi8u",
    "mac-roman": "macintosh mac csmacintosh",
    "cp932": "shift_jis ms_kanji csshiftjis",
    "euc-jp": "euc-jp cseucpkdfmtjapanese extended_unix_code_packed_format_for_japanese",
    "iso2022-jp": "iso-2022-jp csiso2022jp",
    "gbk": "gbk cp936 ms936 windows-936 csgbk",
    "gb18030": "gb18030 csgb18030",
    "hz": "hz-gb-2312",
    "big5": "big5 csbig5",
    "cp949": "euc-kr cseuckr",
}
CODECS = {name: codec for codec, names in _NAMES.items() for name in names.split()}
CODECS |= {
    f"{prefix}windows{dash}{page}": f"cp{page}"
    for page in (874, *range(1250, 1259))
    for prefix, dash in (("", "-"), ("cs", ""))
}
"""Python's codec for a name in lower case."""
