import pytest

from webapp.checks import cn_id, credit_code, mobile

# GB 11643—1999 annex A; GB 32100—2015 annex examples in public use
ID = "11010519491231002X"
CODE = "91350100M000100Y43"


def test_numbers_come_back_in_their_normal_form():
    assert cn_id(" 11010519491231002x ") == ID
    assert cn_id("１１０１０５１９４９１２３１００２Ｘ") == ID
    assert credit_code("91350100m000100y43") == CODE
    assert mobile("+86 138-7770-0001") == "13877700001"


@pytest.mark.parametrize("position", range(18))
def test_one_wrong_digit_of_an_identity_number_is_found(position):
    wrong = ID[:position] + ("1" if ID[position] != "1" else "2") + ID[position + 1 :]
    with pytest.raises(ValueError, match=r"校验码|出生日期|18 位"):
        cn_id(wrong)


@pytest.mark.parametrize("position", range(18))
def test_one_wrong_character_of_a_credit_code_is_found(position):
    wrong = CODE[:position] + ("7" if CODE[position] != "7" else "8") + CODE[position + 1 :]
    with pytest.raises(ValueError, match=r"校验码|18 位"):
        credit_code(wrong)


def test_the_message_says_what_is_wrong():
    with pytest.raises(ValueError, match="出生日期"):
        cn_id("110105194913310029")
    with pytest.raises(ValueError, match="18 位"):
        cn_id("1101051949")
    with pytest.raises(ValueError, match="I、O、S、V、Z"):
        credit_code("91350100M000100I43")
    with pytest.raises(ValueError, match="11 位"):
        mobile("0777-6428820")
    # digits of other scripts are no digits here
    with pytest.raises(ValueError, match="18 位"):
        cn_id("١١٠١٠٥١٩٤٩١٢٣١٠٠٢X")
