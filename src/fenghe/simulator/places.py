"""Where the sandbox's parcels travel (沙箱地名): cities with their hubs and outlets. Data."""

from typing import Final

import msgspec


class City(msgspec.Struct, frozen=True, kw_only=True):
    """A city with the hub it belongs to and its outlets."""

    name: str
    hub: str
    outlets: tuple[str, ...]


def _city(name: str, hub: str, *outlets: str) -> City:
    return City(name=name, hub=hub, outlets=outlets)


CITIES: Final = (
    _city("杭州市", "杭州中转部", "杭州余杭", "杭州西湖", "杭州滨江"),
    _city("上海市", "上海分拨中心", "青浦华新", "浦东张江", "闵行莘庄"),
    _city("北京市", "北京顺义集散中心", "朝阳望京", "海淀中关村", "丰台南苑"),
    _city("深圳市", "深圳分拨中心", "南山科技园", "龙岗坂田", "宝安西乡"),
    _city("广州市", "广州分拨中心", "天河石牌", "番禺市桥", "白云三元里"),
    _city("成都市", "成都分拨中心", "武侯簇桥", "高新中和"),
    _city("武汉市", "武汉分拨中心", "江夏藏龙岛", "洪山光谷"),
    _city("郑州市", "郑州分拨中心", "中原高新", "金水花园路"),
    _city("西安市", "西安分拨中心", "雁塔电子城", "未央凤城"),
    _city("长沙市", "长沙分拨中心", "岳麓银盆岭", "雨花井湾子"),
    _city("沈阳市", "沈阳分拨中心", "铁西滑翔", "浑南长青"),
    _city("南宁市", "南宁分拨中心", "青秀凤岭", "江南五一路"),
)
COURIERS: Final = ("小王", "小李", "小张", "小陈", "小刘")
SIGNERS: Final = ("本人", "前台", "家人", "门卫")
