"""Names, prices and dialling codes the sample orders are drawn from; nobody real."""

FAMILY = (
    "Nguyễn",
    "Trần",
    "Lê",
    "Phạm",
    "Hoàng",
    "Huỳnh",
    "Phan",
    "Vũ",
    "Võ",
    "Đặng",
    "Bùi",
    "Đỗ",
    "Hồ",
    "Ngô",
    "Dương",
    "Lý",
)
WOMEN = (
    *("Thị Lan", "Thu Hà", "Ngọc Ánh", "Thị Hương", "Minh Châu", "Thanh Trúc", "Thị Mỹ Duyên", "Bảo Ngọc"),
    *("Kim Oanh", "Thùy Dung", "Hồng Nhung", "Thị Tuyết", "Phương Thảo", "Diễm My", "Thị Hạnh", "Quỳnh Như"),
)
MEN = (
    *("Văn Hùng", "Quốc Bảo", "Minh Đức", "Hữu Phước", "Anh Tuấn", "Thành Đạt", "Văn Thắng", "Đình Khôi"),
    *("Gia Huy", "Ngọc Sơn", "Trọng Nghĩa", "Quang Vinh", "Xuân Trường", "Tấn Lộc", "Đức Thịnh", "Hoài Nam"),
)
ABROAD = {
    "Asia/Ho_Chi_Minh": (
        "Emily Carter",
        "James Walker",
        "Sophie Martin",
        "Daniel Novak",
        "Anna Lindqvist",
        "Peter Vogel",
    ),
    "Asia/Tokyo": ("Kenji Tanaka", "Yuki Sato", "Haruka Mori", "Daichi Kimura"),
    "America/New_York": ("Grace Miller", "Oliver Reed", "Maya Johnson", "Ethan Brooks"),
}

PRICES = {  # from, to, in dong
    "washing_machine": (6_490_000, 18_990_000),
    "dryer": (8_990_000, 19_990_000),
    "fridge": (7_290_000, 34_990_000),
    "tv": (5_990_000, 39_990_000),
    "accessory": (190_000, 1_490_000),
}

PHONES = {  # numbers of the right shape with a run of zeros; New York's are the 555-01xx kept for fiction
    "Asia/Ho_Chi_Minh": "+849000{:05d}",
    "Asia/Tokyo": "+8190100{:05d}",
    "America/New_York": "+1212555{:04d}",
}
