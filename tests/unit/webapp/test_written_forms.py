"""How pages write dates, names, limits, sizes and time left."""

from datetime import UTC, date, datetime

from engine.calendar import Remaining, RemainingKind
from engine.elements import Limit, Unit
from webapp import formatting as f

TODAY = date(2026, 10, 14)


def test_days_leave_out_this_year_and_name_the_weekday():
    assert f.cn_day(date(2026, 10, 16), TODAY) == "10月16日（周五）"
    assert f.cn_day(date(2027, 1, 4), TODAY) == "2027年1月4日（周一）"
    assert f.cn_day(None) == "—"


def test_moments_are_told_by_the_clock_on_the_wall():
    # 16:20 in Beijing is still the day before in UTC terms at 01:00
    assert f.cn_time(datetime(2026, 10, 12, 8, 20, tzinfo=UTC), TODAY) == "10月12日（周一）16:20"
    assert f.cn_day(datetime(2026, 10, 15, 17, 0, tzinfo=UTC), TODAY) == "10月16日（周五）"
    assert f.cn_datetime(datetime(2026, 10, 14, 2, 42, tzinfo=UTC)) == "2026年10月14日 10:42"


def test_people_are_masked_and_organisations_are_not():
    assert f.mask_name("覃小明") == "覃*明"
    assert f.mask_name("周月") == "周*"
    assert f.mask_name("欧阳静怡") == "欧**怡"
    assert f.mask_name("买买提·吐尔逊") == "买*****逊"
    assert f.mask_name("广西桂荔食品有限公司") == "广西桂荔食品有限公司"
    assert f.mask_name("荔枝行", "organisation") == "荔枝行"
    assert f.mask_phone("13877700001") == "138****0001"
    assert f.mask_id("450721199003078512") == "4507**********8512"
    assert f.mask_id("91450721MA5KXTJ94M") == "91450721MA5KXTJ94M"


def test_limits_and_sizes_name_their_unit():
    assert f.limit_words(Limit(5)) == "5 个工作日"
    assert f.limit_words(Limit(30, Unit.DAY)) == "30 日"
    assert f.limit_words(None) is None
    assert [f.file_size(n) for n in (12, 2048, 19_083_000)] == ["12 字节", "2 KB", "18.2 MB"]


def test_phone_numbers_can_be_dialled_only_when_there_is_one():
    assert f.tel("0777—6428820") == "tel:07776428820"
    assert f.tel("12345（24小时）") == ""


def test_time_left_turns_amber_then_solid_then_red_and_always_has_words():
    def chip(kind, days, **more):
        return f.due_chip(Remaining(RemainingKind(kind), days), **more)

    assert (chip("left", 3).kind, chip("left", 3).words) == ("ok", "剩 3 个工作日")
    assert chip("left", 2).kind == "soon"
    assert (chip("today", 0).kind, chip("today", 0).words) == ("today", "今天到期")
    assert (chip("overdue", 1).kind, chip("overdue", 1).words) == ("over", "已超 1 个工作日")
    assert chip("left", 3, provisional=True).words == "剩 3 个工作日（暂定）"
