"""What a rule of notification may name, over HTTP (通知规则的选项); the rules themselves are declarations like any other."""

from litestar import Router, get

from fenghe.kernel.notices import store_declared as store
from fenghe.kernel.notices.routes_hub import notice_hub
from fenghe.kernel.notices.store_declared import Choices
from fenghe.kernel.web.routes_support import ApiRequest, requires


@get("/api/notice-choices", guards=[requires("notices.manage")])
async def list_choices(request: ApiRequest) -> Choices:
    """规则里可以选择的内容。"""
    hub = notice_hub(request)
    return await hub.sync(store.choices, hub.words())


router = Router("/", route_handlers=[list_choices], tags=["notices"])
