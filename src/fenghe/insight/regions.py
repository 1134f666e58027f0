"""Regions (地区): which province a place told in anybody's words lies in; the ends of a route (线路). Pure.

A place nobody can tell is "" and stays unknown: it is never put with another.
"""

import re
from functools import lru_cache
from typing import Final

PLACES: Final = {
    "北京": "朝阳区望京 海淀 丰台 石景山 顺义 通州区 大兴区 昌平",
    "天津": "滨海新区 武清",
    "上海": "浦东 青浦 闵行 嘉定 松江 奉贤",
    "重庆": "渝北 江北区 巴南 沙坪坝",
    "河北": "石家庄 唐山 秦皇岛 邯郸 邢台 保定 张家口 承德 沧州 廊坊 衡水 雄安",
    "山西": "太原 大同 阳泉 长治 晋城 朔州 晋中 运城 忻州 临汾 吕梁",
    "内蒙古": "呼和浩特 包头 乌海 赤峰 通辽 鄂尔多斯 呼伦贝尔 巴彦淖尔 乌兰察布 锡林郭勒 阿拉善",
    "辽宁": "沈阳 大连 鞍山 抚顺 本溪 丹东 锦州 营口 阜新 辽阳 盘锦 铁岭 葫芦岛",
    "吉林": "长春 四平 辽源 通化 白山 松原 白城 延边",
    "黑龙江": "哈尔滨 齐齐哈尔 鸡西 鹤岗 双鸭山 大庆 伊春 佳木斯 七台河 牡丹江 黑河 绥化 大兴安岭",
    "江苏": "南京 无锡 徐州 常州 苏州 南通 连云港 淮安 盐城 扬州 镇江 泰州 宿迁 昆山",
    "浙江": "杭州 宁波 温州 嘉兴 湖州 绍兴 金华 衢州 舟山 台州 丽水 义乌 余杭",
    "安徽": "合肥 芜湖 蚌埠 淮南 马鞍山 淮北 铜陵 安庆 黄山 滁州 阜阳 宿州 六安 亳州 池州 宣城",
    "福建": "福州 厦门 莆田 三明 泉州 漳州 南平 龙岩 宁德",
    "江西": "南昌 景德镇 萍乡 九江 新余 鹰潭 赣州 吉安 宜春 抚州 上饶",
    "山东": "济南 青岛 淄博 枣庄 东营 烟台 潍坊 济宁 泰安 威海 日照 临沂 德州 聊城 滨州 菏泽",
    "河南": "郑州 开封 洛阳 平顶山 安阳 鹤壁 新乡 焦作 濮阳 许昌 漯河 三门峡 南阳 商丘 信阳 周口 驻马店 济源",
    "湖北": "武汉 黄石 十堰 宜昌 襄阳 鄂州 荆门 孝感 荆州 黄冈 咸宁 随州 恩施 仙桃 潜江 天门",
    "湖南": "长沙 株洲 湘潭 衡阳 邵阳 岳阳 常德 张家界 益阳 郴州 永州 怀化 娄底 湘西",
    "广东": "广州 深圳 珠海 汕头 佛山 韶关 湛江 肇庆 江门 茂名 惠州 梅州 汕尾 河源 阳江 清远 东莞 中山 潮州 揭阳 云浮",
    "广西": "南宁 柳州 桂林 梧州 北海 防城港 钦州 贵港 玉林 百色 贺州 河池 来宾 崇左",
    "海南": "海口 三亚 三沙 儋州 琼海 文昌 万宁",
    "四川": "成都 自贡 攀枝花 泸州 德阳 绵阳 广元 遂宁 内江 乐山 南充 眉山 宜宾 广安 达州 雅安 巴中 资阳 阿坝 甘孜 凉山",
    "贵州": "贵阳 六盘水 遵义 安顺 毕节 铜仁 黔西南 黔东南 黔南",
    "云南": "昆明 曲靖 玉溪 保山 昭通 丽江 普洱 临沧 楚雄 红河 文山 西双版纳 大理 德宏 怒江 迪庆",
    "西藏": "拉萨 日喀则 昌都 林芝 山南 那曲 阿里地区",
    "陕西": "西安 铜川 宝鸡 咸阳 渭南 延安 汉中 榆林 安康 商洛",
    "甘肃": "兰州 嘉峪关 金昌 白银 天水 武威 张掖 平凉 酒泉 庆阳 定西 陇南 临夏 甘南",
    "青海": "西宁 海东 海北 黄南 果洛 玉树 海西",
    "宁夏": "银川 石嘴山 吴忠 固原 中卫",
    "新疆": "乌鲁木齐 克拉玛依 吐鲁番 哈密 昌吉 博尔塔拉 巴音郭楞 阿克苏 克孜勒苏 喀什 和田 伊犁 塔城 阿勒泰 石河子",
    "台湾": "台北 高雄 台中 台南 新北",
    "香港": "九龙 新界",
    "澳门": "氹仔",
}
"""Provinces with their cities, as parcels name them."""

REMOTE: Final = ("新疆", "西藏", "内蒙古", "青海", "宁夏", "甘肃", "海南")
"""What most carriers and channels call remote (偏远) unless a promise lists others."""

LONGEST: Final = 24
_HAN: Final = re.compile(r"[\u4e00-\u9fff]")
_WORD: Final = re.compile(r"[A-Za-z]{2,24}")
_CITY: Final = {city: province for province, cities in PLACES.items() for city in cities.split()}


@lru_cache(maxsize=20_000)
def province_of(place: str) -> str:
    """「浙江」 for 浙江省杭州市, 杭州中转部 or 【杭州市】; a foreign region's first word in capitals; "" when it cannot be told.

    What stands first counts: a scan says where it was made before it says where the parcel goes next.
    """
    if not _HAN.search(place):
        found = _WORD.search(place)
        return found[0].upper() if found else ""
    hits = [(at, -len(name), province) for name, province in _names() if (at := place.find(name)) >= 0]
    return min(hits)[2] if hits else ""


def _names() -> list[tuple[str, str]]:
    return [*((province, province) for province in PLACES), *_CITY.items()]


def in_regions(place: str, regions: tuple[str, ...]) -> bool:
    """Whether a place (as told, or a province) lies in one of these regions, each a province or the beginning of an address."""
    province = province_of(place)
    return any(
        place.startswith(region) or (province and province == province_of(region)) for region in regions if region
    )
